"""Estimation of operations' times from measured whole networks."""
