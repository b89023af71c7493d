"""Named properties by which operations are compared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Traits:
    """Named properties of an operation, for calibration and for comparing devices.

    Prediction errors of operations that share a property are assumed to be correlated, and
    comparisons of two devices group operations by property.

    Args:
        sizes: the properties in which candidates of one block may differ, such as kernel and
            expansion; empty for fixed operations.
        stride: pixels of the input per pixel of the output along a side; None if it is not a
            property of the operation.
        activation: the nonlinearity, such as "relu6"; empty if there is none.
    """

    sizes: dict[str, int]
    stride: int | None = None
    activation: str = ""
