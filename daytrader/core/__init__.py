"""The trading core: pure functions of prices, settings and accounts. No clock, no database, no network."""
