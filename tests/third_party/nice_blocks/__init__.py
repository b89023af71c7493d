"""Blocks, spaces and a runtime for Proxyless, by somebody else."""
