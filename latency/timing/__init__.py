"""Timing of programs inside one process: modules that boards receive as source, and settings."""
