"""Prediction of the latency of networks from a profile of a table."""
