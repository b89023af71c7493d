"""Candidates evaluated without gradient, leaving no trace: plainly, and some of them faster.

To add a faster one: subclass ``Evaluator`` from ``base.py``, and name it in ``registry.py`` by the
kind of operation that it is for.
"""
