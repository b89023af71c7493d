from .base import (
    ArchitectureUpdate as ArchitectureUpdate,
    Statistics as Statistics,
    softmax_gradient as softmax_gradient,
)
from .registry import (
    METHODS as METHODS,
    get_method as get_method,
)
