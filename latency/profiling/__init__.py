"""Filling tables: measuring a space on a device, checking it later, fitting to networks."""
