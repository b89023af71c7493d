"""What gradients are sent as: a file each."""

from .base import Codec, get_codec

__all__ = ["Codec", "get_codec"]
