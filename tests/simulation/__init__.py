"""The production runner and database, driven from one seed; see `tests.simulation.run`."""
