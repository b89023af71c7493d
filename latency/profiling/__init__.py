"""Filling tables: a space measured on a device, checked again later, or fitted to networks."""
