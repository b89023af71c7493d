"""The search's history as frames: the most probable candidate of every block, epoch by epoch."""

import json
import re
from dataclasses import asdict, dataclass

from .boxes import box_width
from .colours import GREY, expansion_colour
from .records import Search
from .words import pretty

LABEL = re.compile(r"(?:MB(?P<expansion>\d+)|.*)_(?P<kernel>\d+)x\d+")


@dataclass(frozen=True)
class Kind:
    """How a candidate looks: its name, CSS pixels of width, and colour; a gap has none."""

    label: str
    width: float
    colour: str | None

    @classmethod
    def of(cls, label: str) -> "Kind":
        """Look a candidate's label up."""
        found = LABEL.fullmatch(label)
        if found is None:
            return cls(pretty(label), box_width(0), None)
        expansion = found["expansion"]
        colour = GREY if expansion is None else expansion_colour(int(expansion))
        return cls(pretty(label), box_width(int(found["kernel"])), colour)


@dataclass(frozen=True)
class Animation:
    """What moves: ``frames[epoch][block]`` is a place in ``kinds`` and a probability."""

    kinds: tuple[Kind, ...]
    epochs: tuple[int, ...]
    frames: tuple[tuple[tuple[int, float], ...], ...]

    @classmethod
    def of(cls, search: Search) -> "Animation | None":
        """Read a search's epochs; None where the architecture never moved."""
        epochs = [epoch for epoch in search.epochs if epoch.phase == "search"]
        if not epochs:
            return None
        candidates = search.result.candidates
        labels = sorted({label for block in candidates for label in block})
        frames = tuple(
            tuple(
                (labels.index(block[row.index(max(row))]), round(max(row), 3))
                for block, row in zip(candidates, epoch.probabilities, strict=True)
            )
            for epoch in epochs
        )
        kinds = tuple(Kind.of(label) for label in labels)
        return cls(kinds, tuple(epoch.epoch for epoch in epochs), frames)

    @property
    def width(self) -> float:
        """CSS pixels of the widest candidate."""
        return max(kind.width for kind in self.kinds)

    @property
    def last(self) -> tuple[tuple[Kind, float], ...]:
        """What each block ended as, with its probability."""
        return tuple((self.kinds[kind], probability) for kind, probability in self.frames[-1])

    def to_json(self) -> str:
        """Return what the page's script reads."""
        return json.dumps(asdict(self), separators=(",", ":"))
