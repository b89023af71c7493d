"""MobileNetV2: the reference that networks are compared with."""

from .architecture import Architecture
from .layer import BatchNorm
from .operations import Classifier, Convolution, MBConv, Operation

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, width, depth and stride of each stage: Sandler et al., 2018, table 2."""
STEM, HEAD = 32, 1280
NORM = BatchNorm(momentum=0.1, epsilon=1e-5)


def mobilenet_v2(resolution: int = 224, channels: int = 3, classes: int = 1000) -> Architecture:
    """Return MobileNetV2 of width 1, strides as published, for square images.

    At 224 pixels and 1000 classes it has 3.50 M parameters and 301 M multiply-adds.
    """
    stem = Convolution(channels, STEM, 3, 2, resolution, norm=NORM)
    operations: list[Operation] = [stem]
    width, side = STEM, stem.output_shape[1]
    for expansion, out, depth, first_stride in STAGES:
        for number in range(depth):
            stride = 1 if number else first_stride
            block = MBConv(
                width, out, 3, stride, expansion, side, stride == 1 and width == out, norm=NORM
            )
            operations.append(block)
            width, side = out, block.output_shape[1]
    operations += [
        Convolution(width, HEAD, 1, 1, side, norm=NORM),
        Classifier(HEAD, classes, side),
    ]
    return Architecture("mobilenet_v2", "mobilenet_v2", tuple(operations))
