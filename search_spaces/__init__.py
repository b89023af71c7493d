"""What can be built: operations, spaces, architectures, and their graphs.

This package knows PyTorch modules and file formats; it knows nothing of devices or training.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
