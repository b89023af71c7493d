"""Sizes of networks, each with its range: what fields of operations, layers and spaces hold.

Ranges are generous: ten times what published networks have, and more. Whoever declares an operation
of their own takes these types for its fields, so that a file cannot ask for what no one can build.
"""

from typing import Annotated

from .fields import Above, AtLeast, AtMost, Odd

Channels = Annotated[int, AtLeast(1), AtMost(65536)]
"""Planes of a feature map, or of images."""
MOST_CLASSES = 2**20
"""Classes of a data set: the largest that are published have some tens of thousands."""
Classes = Annotated[int, AtLeast(1), AtMost(MOST_CLASSES)]
"""Logits of a classifier."""
Side = Annotated[int, AtLeast(1), AtMost(65536)]
"""The side of a square map, in pixels."""
Kernel = Annotated[int, Odd(), AtMost(255)]
"""The side of a convolution's kernel, in pixels: odd, so that it has a centre."""
Stride = Annotated[int, AtLeast(1), AtMost(32)]
"""Pixels of the input for a pixel of the output, along a side."""
Expansion = Annotated[int, AtLeast(1), AtMost(1024)]
"""How many times its input's channels a block works in."""
NormMomentum = Annotated[float, AtLeast(0), AtMost(1)]
"""The share of a batch in the running statistics of a batch norm."""
NormEpsilon = Annotated[float, Above(0), AtMost(1)]
"""What a batch norm adds to a variance before it divides."""

MOST_OPERATIONS = 10_000
"""Operations of a network, and candidates of all blocks of a space together."""
LONGEST_NAME = 200
"""Characters of the name of a space."""


def check_name(name: str) -> None:
    """Refuse a name of a space that is empty, long, or no line of text.

    Raises:
        ValueError: it is one of these.
    """
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(
            f"name {name[:LONGEST_NAME]!r} is not a line of 1 to {LONGEST_NAME} printable "
            "characters"
        )
