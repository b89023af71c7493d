"""The search: supernet, architecture updates, baselines, Pareto sets and supernet weights."""
