"""The results of a run as typed records, used both for writing and for reading files.

A file states its record and version; files of earlier releases are read too.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
