"""Where programs are timed: this machine, a board over SSH, a phone over ADB."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
