"""Random streams: a generator per purpose, whose states are part of checkpoints."""

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor

from ..runs.checkpoint import State


class Streams:
    """A random generator per purpose, so that using one does not affect the others."""

    def __init__(self, seed: int, purposes: Iterable[str]) -> None:
        self._seed = seed
        self._generators = {
            purpose: torch.Generator().manual_seed(seed * 1_000_003 + number)
            for number, purpose in enumerate(purposes)
        }

    def __getitem__(self, purpose: str) -> torch.Generator:
        return self._generators[purpose]

    def begin(self, place: str, purposes: Iterable[str]) -> None:
        """Reseed the streams of some purposes from ``place``: an epoch, a step, a worker's step.

        Several workers must draw the same numbers although one may join late, so that draws must
        not depend on earlier ones.
        """
        for purpose in self._generators.keys() & set(purposes):
            name = f"{self._seed} {purpose} {place}".encode()
            seed = int.from_bytes(hashlib.sha256(name).digest()[:7])
            self._generators[purpose].manual_seed(seed)

    def state_dict(self) -> dict[str, Tensor]:
        """Return every generator's state."""
        return {purpose: generator.get_state() for purpose, generator in self._generators.items()}

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        for purpose, generator in self._generators.items():
            size = generator.get_state().shape
            if state[purpose].shape != size:
                raise ValueError(f"the random generator {purpose!r} has another size")
            generator.set_state(state[purpose])
