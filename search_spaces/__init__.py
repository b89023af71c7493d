"""What can be built: operations, spaces, architectures, and their graphs.

This package knows PyTorch modules and file formats; it knows nothing of devices or training.
"""

from .architecture import Architecture
from .definition import SpaceDefinition, builtin_spaces, load_definition, load_space
from .errors import InputError
from .modules import Network
from .operation import Classifier, Convolution, MBConv, Operation, Zero
from .space import Block, Space

__all__ = [
    "Architecture",
    "Block",
    "Classifier",
    "Convolution",
    "InputError",
    "MBConv",
    "Network",
    "Operation",
    "Space",
    "SpaceDefinition",
    "Zero",
    "builtin_spaces",
    "load_definition",
    "load_space",
]
