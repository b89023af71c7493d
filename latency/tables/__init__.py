"""Latency tables: the SQLite file, and its records."""
