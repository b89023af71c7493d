"""The search: supernet, architecture updates, baselines, and what is derived from them."""
