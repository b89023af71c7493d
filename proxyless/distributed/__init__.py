"""Delayed-synchronous training over slow networks: a library of its own, for any training loop.

A worker that torchrun started finds the others by its :class:`World`, takes part by a
:class:`Membership`, and steps its optimiser through :class:`Delayed`. Nothing here knows about
searching for networks, and nothing of the rest of the package is imported.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
