"""Updates of the architecture parameters, each in its own file, and the registry of methods."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
