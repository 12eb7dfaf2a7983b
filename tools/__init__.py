"""What developers run by `make`, beside tests and benchmarks."""
