"""Experiments: one module per claim, with settings, `run(settings) -> tables` and `main()`."""
