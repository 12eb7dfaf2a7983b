"""Telling users outside of DayTrader what happens: by mail, Telegram, Slack, Discord and webhooks."""
