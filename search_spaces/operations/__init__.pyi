from .base import Operation as Operation, Shape as Shape
from .classifier import Classifier as Classifier
from .convolution import Convolution as Convolution
from .mbconv import MBConv as MBConv
from .module_operation import ModuleOperation as ModuleOperation
from .place import Place as Place
from .style import Style as Style
from .traits import Traits as Traits
from .zero import Zero as Zero
