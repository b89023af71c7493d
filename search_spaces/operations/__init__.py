"""What a network is made of: an operation a file, behind one interface.

To add one: subclass ``Operation`` in a file of its own and name it in ``registry.py``. A package of
somebody else's adds one by an entry point instead (see ``docs/extending.md``).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
