"""How weights are trained."""

from dataclasses import dataclass
from typing import Annotated

from typing_extensions import Doc

from search_spaces.fields import Above, AtLeast, AtMost, Below, check_fields
from search_spaces.schema import STRICT


@dataclass(frozen=True)
class Recipe:
    """SGD with Nesterov momentum and a cosine schedule to 0 (the release's constants).

    ``proxyless.engine.optimiser`` makes optimiser and loss of it.
    """

    __pydantic_config__ = STRICT
    learning_rate: Annotated[
        float, Above(0), AtMost(1000), Doc("Peak learning rate of the weights.")
    ] = 0.05
    momentum: Annotated[float, AtLeast(0), Below(1), Doc("Nesterov momentum of the weights.")] = 0.9
    weight_decay: Annotated[
        float, AtLeast(0), AtMost(1000), Doc("Weight decay, batch norms included.")
    ] = 4e-5
    label_smoothing: Annotated[
        float, AtLeast(0), Below(1), Doc("Share of a label that is spread over all classes.")
    ] = 0.1

    def __post_init__(self) -> None:
        check_fields(self)
