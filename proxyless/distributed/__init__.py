"""Delayed-synchronous training over slow networks: a library of its own, for any optimiser."""
