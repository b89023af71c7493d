"""Latency tables as others publish them: a file a format, import, export and sums."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
