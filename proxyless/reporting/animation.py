"""The search's history as frames: the likeliest candidate of every block, then the network."""

import json
from dataclasses import asdict, dataclass

from search_spaces import Style

from .boxes import box_width
from .colours import family_colour
from .derivation import Derivation
from .records import Search
from .words import pretty

DERIVED = "derived network"
"""What the last frame is called."""


@dataclass(frozen=True)
class Kind:
    """How a candidate looks: its name, CSS pixels of width, and colour; a gap has none."""

    label: str
    width: float
    colour: str | None

    @classmethod
    def of(cls, label: str, style: Style) -> "Kind":
        """Return how a candidate of that label and style looks."""
        colour = None if style.is_gap else family_colour(style)
        return cls(pretty(label), box_width(style.size), colour)


@dataclass(frozen=True)
class Slot:
    """What a block ended as, how probable that was, and what was likelier, if anything."""

    kind: Kind
    probability: float
    likelier: Kind | None
    likelier_probability: float


@dataclass(frozen=True)
class Animation:
    """What moves: ``frames[time][block]`` is a place in ``kinds`` and a probability.

    A frame an epoch, called by ``titles``, and last the derived network. ``overruled`` are the
    blocks, from 0, where that has not the likeliest candidate.
    """

    kinds: tuple[Kind, ...]
    titles: tuple[str, ...]
    frames: tuple[tuple[tuple[int, float], ...], ...]
    overruled: tuple[int, ...]

    @classmethod
    def of(cls, search: Search) -> "Animation | None":
        """Read a search's epochs; None where the architecture never moved."""
        epochs, derivation = search.learned, Derivation.of(search)
        if derivation is None:
            return None
        result = search.result
        labels = sorted({label for block in result.candidates for label in block})

        def frame(rows: list[list[float]], choices: list[int]) -> tuple[tuple[int, float], ...]:
            return tuple(
                (labels.index(block[choice]), round(row[choice], 3))
                for block, row, choice in zip(result.candidates, rows, choices, strict=True)
            )

        likeliest = [
            frame(epoch.probabilities, [row.index(max(row)) for row in epoch.probabilities])
            for epoch in epochs
        ]
        return cls(
            tuple(Kind.of(label, search.style(label)) for label in labels),
            (*(f"epoch {epoch.epoch}" for epoch in epochs), DERIVED),
            (*likeliest, frame(epochs[-1].probabilities, result.choices)),
            tuple(derivation.likelier),
        )

    @property
    def width(self) -> float:
        """CSS pixels of the widest candidate."""
        return max(kind.width for kind in self.kinds)

    @property
    def epochs(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """The frames of epochs."""
        return self.frames[:-1]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The derived network, beside what the last epoch held likeliest."""
        *_, before, last = self.frames
        return tuple(
            Slot(
                self.kinds[kind],
                probability,
                self.kinds[likelier] if block in self.overruled else None,
                likelier_probability,
            )
            for block, ((kind, probability), (likelier, likelier_probability)) in enumerate(
                zip(last, before, strict=True)
            )
        )

    def to_json(self) -> str:
        """Return what the page's script reads."""
        return json.dumps(asdict(self), separators=(",", ":"))
