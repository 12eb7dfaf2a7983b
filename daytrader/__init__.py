"""DayTrader: self-hosted stock trading that explains itself and accounts to the cent."""

__version__ = "0.1.0"
