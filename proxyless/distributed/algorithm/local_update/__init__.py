"""Where a worker's weights are while averages of its latest gradients are on their way."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
