"""Reports: a page about runs, and pictures of what blocks cost on devices."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
