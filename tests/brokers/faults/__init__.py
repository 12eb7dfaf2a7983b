"""The pump of orders and a broker that fails, driven from one seed; see `tests.brokers.faults.machine`."""
