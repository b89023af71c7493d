"""The codecs by name."""

from ...defaults import KEPT
from ...registry import Registry
from .base import Codec, CodecOptions

CODECS = Registry(
    "codec",
    "proxyless.codecs",
    {
        "dense": f"{__package__}.dense:Dense",
        "half": f"{__package__}.half:Half",
        "top-k": f"{__package__}.top_k:TopK",
    },
)
"""The built-in ones, and those of installed packages."""


def get_codec(name: str, kept: float = KEPT) -> Codec:
    """Return the codec called ``name``; ``kept`` is the share of values to send, as top-k does.

    Raises:
        DistributedError: there is no such codec, or it cannot keep that share.
    """
    codec = CODECS.load(name, Codec)  # type: ignore[type-abstract]
    return codec.from_options(CodecOptions(kept))
