"""The strategies that come with DayTrader, one file each."""
