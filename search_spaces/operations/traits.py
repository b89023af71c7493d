"""What an operation has in common with others, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Traits:
    """Named numbers of an operation, for whoever compares operations.

    Operations with an equal number under the same name are expected to be mispredicted alike
    (:mod:`latency.calibration`), and compared together (:mod:`latency.difference`).

    Args:
        sizes: what candidates for one place may differ in, as kernel and expansion; empty for
            what no search chooses.
        stride: pixels of the input from one pixel of the output to the next; None where shapes say
            enough.
        activation: the nonlinearity, as "relu6"; empty where there is none to speak of.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    stride: int | None = None
    activation: str = ""
