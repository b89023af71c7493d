"""How far a worker goes ahead of the base with gradients of its own: a file each."""

from .base import WAYS, Ahead, get_ahead

__all__ = ["WAYS", "Ahead", "get_ahead"]
