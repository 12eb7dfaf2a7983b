"""From bar to fill: feeds, the runner, reconciliation, the supervisor, and replays of stored bars."""
