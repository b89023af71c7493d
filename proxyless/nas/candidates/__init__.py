"""Candidates evaluated without gradient, leaving no trace: a plain way for all, faster ones for some.

To add a faster one: subclass ``Evaluator`` from ``base.py``, and name it in ``registry.py`` by the
kind of operation that it is for.
"""
