"""What DayTrader reaches, measured; peers are measured beside it, in environments of their own."""
