"""The operations that networks are made of, each in its own file, behind one interface.

To add one: subclass ``Operation`` in a new file and register it in ``registry.py``. A third-party
package adds one by an entry point instead (see ``docs/extending.md``).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
