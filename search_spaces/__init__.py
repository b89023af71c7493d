"""Operations, search spaces, architectures, and their modules and graphs.

This package depends on PyTorch and file formats, but not on devices or training.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
