"""Where orders are filled. Brokers know the market's rules, never the database's rows."""
