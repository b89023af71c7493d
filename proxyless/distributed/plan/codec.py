"""What a codec makes of gradients, in bytes."""

from dataclasses import dataclass

from ..errors import DistributedError


@dataclass(frozen=True)
class Codec:
    """``bytes_per_value``: bytes that a gradient's value costs on the wire, on average.

    ``kept`` is the share of values that are sent.
    """

    name: str
    bytes_per_value: float
    kept: float = 1.0

    def payload_bytes(self, gradient_bytes: float) -> float:
        """Return the bytes that one worker contributes, of dense float32 ``gradient_bytes``."""
        return gradient_bytes / 4 * self.bytes_per_value


DENSE = Codec("dense", 4)
"""Every value as float32."""

HALF = Codec("half", 2)
"""Every value as float16."""


def top_k(kept: float) -> Codec:
    """Return the codec that sends a share of the values: each as float32, with an int32 index.

    Raises:
        DistributedError: the share is not above 0 and at most 1.
    """
    if not 0 < kept <= 1:
        raise DistributedError(
            f"`kept` {kept:g} is no share of the values: give one above 0, at most 1"
        )
    return Codec("top-k", 8 * kept, kept)


def get_codec(name: str, kept: float) -> Codec:
    """Return a built-in codec by its name; ``kept`` is top-k's.

    Raises:
        DistributedError: there is no such codec.
    """
    codecs = {codec.name: codec for codec in (DENSE, HALF, top_k(kept))}
    if name not in codecs:
        raise DistributedError(f"there is no codec {name!r}: choose from {', '.join(codecs)}")
    return codecs[name]
