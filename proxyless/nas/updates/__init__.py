"""Ways to update the architecture parameters: a file each."""

from .base import ArchitectureUpdate, Observed, get_update

__all__ = ["ArchitectureUpdate", "Observed", "get_update"]
