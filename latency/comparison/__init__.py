"""Comparison of profiles, relative costs of blocks, and merging of tables."""
