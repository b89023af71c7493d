"""Lowering: operations and their weights to deployable graphs.

Profiling and export share one lowering per format, so the timed graph is the deployed one.
Weights come from :mod:`search_spaces.graphs.weights`: random for profiling, folded from a trained
network for export.
"""
