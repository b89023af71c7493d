"""What an operation has in common with others, by name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Traits:
    """Named numbers of an operation, for whoever compares operations.

    Operations with an equal number under the same name are expected to be mispredicted alike, and
    are compared together where two devices are.

    Args:
        sizes: what candidates for one place may differ in, as kernel and expansion; empty for
            what no search chooses.
        stride: pixels of the input from one pixel of the output to the next; None where shapes say
            enough.
        activation: the nonlinearity, as "relu6"; empty where there is none to speak of.
    """

    sizes: dict[str, int]
    stride: int | None = None
    activation: str = ""
