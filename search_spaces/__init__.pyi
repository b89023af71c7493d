from .architecture import Architecture as Architecture
from .definition import (
    SpaceDefinition as SpaceDefinition,
    builtin_spaces as builtin_spaces,
    load_definition as load_definition,
    load_space as load_space,
)
from .errors import InputError as InputError
from .modules import Network as Network
from .operation import (
    Classifier as Classifier,
    Convolution as Convolution,
    MBConv as MBConv,
    Operation as Operation,
    Zero as Zero,
)
from .space import (
    Block as Block,
    Space as Space,
)
