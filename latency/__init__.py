"""Latencies of operations on a device: runtimes, the measuring protocol, tables, predictions.

This package depends on operation specs, but not on training or search.
"""

import warnings

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

RENAMED = {"Wanted": "ProfileQuery"}
"""Public names of the previous release, and their current names; another is ``load_wanted``."""


def __getattr__(name: str) -> object:
    if name in RENAMED:
        message = f"latency.{name} is called latency.{RENAMED[name]} now"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        name = RENAMED[name]
    return _load(name)
