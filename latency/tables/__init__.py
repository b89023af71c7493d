"""The SQLite file that holds what was measured, and what it is read as."""
