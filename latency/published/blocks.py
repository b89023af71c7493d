"""Conversion of published keys to operations that correspond exactly."""

from search_spaces import Convolution, MBConv
from search_spaces.layer import Activation

from .key import PublishedKey


def mobile_block(key: PublishedKey, expansion: int, activation: Activation) -> MBConv | None:
    """Return the MBConv that a key with ``kernel``, ``stride`` and ``idskip`` describes.

    None if there is none: rectangular maps, another padding, a residual that does not fit.
    """
    kernel, stride, skip = (key.fields[name] for name in ("kernel", "stride", "idskip"))
    sides = _square(key)
    if sides is None or expansion < 1 or kernel % 2 == 0 or stride < 1 or skip > 1:
        return None
    side, channels, out_side, out_channels = sides
    if skip and (stride != 1 or channels != out_channels):
        return None
    try:
        block = MBConv(
            channels, out_channels, kernel, stride, expansion, side, bool(skip), activation
        )
    except ValueError:  # numbers that no operation of ours has
        return None
    return block if block.output_shape[1] == out_side else None


def convolution(key: PublishedKey, kernel: int, activation: Activation) -> Convolution | None:
    """Return the convolution of a kernel between the key's shapes, of stride 1 or 2; or None."""
    sides = _square(key)
    if sides is None or key.fields:
        return None
    side, channels, out_side, out_channels = sides
    for stride in (1, 2):
        try:
            layer = Convolution(channels, out_channels, kernel, stride, side, activation)
        except ValueError:  # numbers that no operation of ours has
            return None
        if layer.output_shape[1] == out_side:
            return layer
    return None


def _square(key: PublishedKey) -> tuple[int, int, int, int] | None:
    """Return side and channels of input and output."""
    shapes = (key.input_shape, key.output_shape)
    if any(len(shape) != 3 or shape[0] != shape[1] for shape in shapes):
        return None
    return key.input_shape[0], key.input_shape[2], key.output_shape[0], key.output_shape[2]
