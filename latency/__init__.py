"""What operations cost on a device: runtimes, the measuring protocol, tables, predictions.

This package knows operation specs; it knows nothing of training or search.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
