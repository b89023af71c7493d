"""The search's history as frames: per epoch the likeliest candidates, last the derived network."""

import json
from dataclasses import asdict, dataclass

from search_spaces import Style

from .boxes import box_width
from .colours import family_colour
from .derivation import Derivation
from .formatting import pretty
from .records import Search

DERIVED = "derived network"
"""Title of the last frame."""


@dataclass(frozen=True)
class Kind:
    """Appearance of a candidate: its name, width in CSS pixels, and colour (None for a gap)."""

    label: str
    width: float
    colour: str | None

    @classmethod
    def of(cls, label: str, style: Style) -> "Kind":
        """Return the appearance of a candidate with that label and style."""
        colour = None if style.is_gap else family_colour(style)
        return cls(pretty(label), box_width(style.size), colour)


@dataclass(frozen=True)
class Slot:
    """A block's derived candidate and its probability, and a likelier candidate if there is one."""

    kind: Kind
    probability: float
    likelier: Kind | None
    likelier_probability: float


@dataclass(frozen=True)
class Animation:
    """The animation's data: ``frames[time][block]`` is an index into ``kinds`` and a probability.

    There is a frame per epoch, and a last one for the derived network; ``titles`` are their names.
    ``overruled`` are the blocks, from 0, where the derived network does not use the likeliest
    candidate.
    """

    kinds: tuple[Kind, ...]
    titles: tuple[str, ...]
    frames: tuple[tuple[tuple[int, float], ...], ...]
    overruled: tuple[int, ...]

    @classmethod
    def of(cls, search: Search) -> "Animation | None":
        """Return the animation of a search; None if no architecture parameters were learned."""
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
        """Width of the widest candidate in CSS pixels."""
        return max(kind.width for kind in self.kinds)

    @property
    def epochs(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """The frames of the epochs, without the derived network's."""
        return self.frames[:-1]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The derived network's blocks, with the likeliest candidates of the last epoch."""
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
        """Return the animation as JSON for the page's script."""
        return json.dumps(asdict(self), separators=(",", ":"))
