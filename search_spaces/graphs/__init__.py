"""Lowering: operations and their weights to deployable graphs.

One lowering per format serves both profiling and export, so what is timed is what is deployed.
Weights come from :mod:`search_spaces.graphs.weights`: random for profiling, folded from a trained
network for export.
"""
