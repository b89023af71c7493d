"""ProxylessNAS's mobile latency tables (mit-han-lab/proxylessnas, ``mobile_trim.yaml``).

Blocks are ``expanded_conv`` with the expansion ratio after ``expand:``; ``Conv`` is the 3x3 stem,
``Conv_1`` the 1x1 head, ``Logits`` pooling and classifier. Activations are ReLU6, which keys do
not state. Rows give ``count``, ``mean`` (ms) and ``var`` (ms^2).
"""

from search_spaces import Classifier, Convolution, MBConv, Operation

from .base import Format
from .blocks import convolution, mobile_block
from .key import PublishedKey
from .parsing import Rows

BLOCK_FIELDS = ("expand", "kernel", "stride", "idskip")


class ProxylessNAS(Format):
    """The YAML tables; other formats use the same keys."""

    name = "proxylessnas"

    def recognises(self, rows: Rows) -> bool:
        """Return whether rows lie below keys, none of which has once-for-all's fields."""
        return rows.syntax == "keys" and not rows.has_fields("se", "hs")

    def operation(self, key: PublishedKey) -> Operation | None:
        """Return the operation a key describes, with ReLU6."""
        if key.layer == "expanded_conv" and tuple(key.fields) == BLOCK_FIELDS:
            return mobile_block(key, key.fields["expand"], "relu6")
        if key.layer in ("Conv", "Conv_1"):
            return convolution(key, 3 if key.layer == "Conv" else 1, "relu6")
        if key.layer == "Logits" and not key.fields:
            return _classifier(key)
        return None


def proxylessnas_key(operation: Operation) -> PublishedKey | None:
    """Return ProxylessNAS's key of an operation; None if no key describes it exactly."""
    key = _name(operation)
    return key if key is not None and ProxylessNAS().operation(key) == operation else None


def _name(operation: Operation) -> PublishedKey | None:
    channels, *sides = operation.input_shape
    input_shape = (*sides, channels)
    if isinstance(operation, Classifier):
        return PublishedKey("Logits", input_shape, operation.output_shape)
    if not isinstance(operation, Convolution | MBConv):
        return None
    out_channels, *out_sides = operation.output_shape
    output_shape = (*out_sides, out_channels)
    if isinstance(operation, Convolution):
        return PublishedKey(
            "Conv" if operation.kernel == 3 else "Conv_1", input_shape, output_shape
        )
    numbers = (operation.expansion, operation.kernel, operation.stride, int(operation.skip))
    fields = dict(zip(BLOCK_FIELDS, numbers, strict=True))
    return PublishedKey("expanded_conv", input_shape, output_shape, fields)


def _classifier(key: PublishedKey) -> Classifier | None:
    if len(key.input_shape) != 3 or len(key.output_shape) != 1:
        return None
    height, width, channels = key.input_shape
    try:
        return Classifier(channels, key.output_shape[0], height) if height == width else None
    except ValueError:  # numbers that no operation of ours has
        return None
