"""Run directories: what a search, a training and whatever follows them leave on disk."""
