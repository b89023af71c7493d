from .architecture import Architecture as Architecture
from .definition import SpaceDefinition as SpaceDefinition
from .definition_sections import Input as Input
from .errors import InputError as InputError
from .modules import (
    Network as Network,
)
from .operations import (
    Classifier as Classifier,
    Convolution as Convolution,
    MBConv as MBConv,
    ModuleOperation as ModuleOperation,
    Operation as Operation,
    Place as Place,
    Style as Style,
    Traits as Traits,
    Zero as Zero,
)
from .registered import (
    Definition as Definition,
    builtin_spaces as builtin_spaces,
    load_definition as load_definition,
    load_space as load_space,
    space_names as space_names,
)
from .space import (
    Block as Block,
    Space as Space,
)
