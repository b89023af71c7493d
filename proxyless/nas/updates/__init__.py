"""Ways to update the architecture parameters: a file each; the search methods by name."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
