"""Evaluation of candidates without gradient or side effects: plain, and faster for some kinds.

To add a faster one, subclass ``Evaluator`` from ``base.py``, and register it in ``registry.py`` by
its kind of operation.
"""
