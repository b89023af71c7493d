"""Data sets: found by name, opened, split, decoded into memory, and made into batches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
