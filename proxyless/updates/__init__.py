"""Ways to update the architecture parameters: a file each."""

from .base import ArchitectureUpdate, Outcome, get_update

__all__ = ["ArchitectureUpdate", "Outcome", "get_update"]
