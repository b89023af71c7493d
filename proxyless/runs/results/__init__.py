"""What a run leaves, as typed records: the same ones for who writes a file and who reads it.

A file says which record it holds, and in which version; what earlier releases wrote is read too.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
