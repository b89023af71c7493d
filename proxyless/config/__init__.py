"""Configurations: what a run directory keeps, what files say, what the verbs' options fill in.

Nothing here imports torch: a configuration can be made, read and refused before anything heavy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
