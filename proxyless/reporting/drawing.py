"""The network as in the literature: a row of boxes, whose widths stand for kernels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from search_spaces import Architecture, Operation

from .boxes import box_width
from .colours import GREY, INK, LABEL_INK, PAPER, family_colour
from .formatting import TIMES, pretty, shape_text
from .picture import Picture
from .style import Look
from .svg import Drawing

HEIGHT = 104.0
MIDDLE = 50.0
BOX_HEIGHT = 50.0
GAP = 9.0
CHARACTER = 6.5
NARROW = 340.0
"""Maximal width of a drawing in CSS pixels, so that a page of 390 with a scroll bar shows it whole;
a single operation may be wider."""
READING = (
    "Colour is expansion, width is kernel; below each block is what it puts out "
    f"(channels {TIMES} height {TIMES} width). A dashed gap is a block that the search left out."
)
"""How to read the picture of a network."""


@dataclass(frozen=True)
class Part:
    """Operations drawn together: the stem, a stage, the head, or a piece of one of these.

    Only the first piece of a part has a title; ``continues`` is set on all but the last.
    """

    title: str
    operations: tuple[Operation, ...]
    continues: bool = False


def split_parts(operations: Sequence[Operation]) -> list[Part]:
    """Split a network into stem, stages and head; a stage begins at a block without residual.

    Operations with a hue are blocks; stem and head are grey.
    """
    groups: list[list[Operation]] = [[]]
    for operation in operations:
        has_block = any(member.style.hue is not None for member in groups[-1])
        is_end = operation.style.hue is None and not operation.free
        if has_block and not operation.free and (is_end or not operation.residual):
            groups.append([])
        groups[-1].append(operation)
    titles = ["Stem", *(f"Stage {number}" for number in range(1, len(groups) - 1)), "Head"]
    return [
        Part(title, tuple(group)) for title, group in zip(titles, groups, strict=False) if group
    ]


def draw_network(architecture: Architecture) -> Picture:
    """Draw every operation, with a drawing per part, so that a narrow page wraps between parts."""
    parts = split_parts(architecture.operations)
    zeros = sum(operation.free for operation in architecture.operations)
    pieces = [piece for part in parts for piece in split_pieces(part, slot_widths(part.operations))]
    listing = "; ".join(
        f"{part.title}: {', '.join(pretty(operation.label) for operation in part.operations)}"
        for part in parts
    )
    skipped = f", {zeros} of them left out" if zeros else ""
    return Picture(
        "network",
        "Architecture",
        f"{len(architecture.operations)} operations{skipped}. {listing}.",
        f"From input to logits. {READING}",
        tuple(
            draw_part(f"network-{number}", piece, slots)
            for number, (piece, slots) in enumerate(pieces)
        ),
        operations_legend(architecture.operations),
        "strip",
    )


def split_pieces(part: Part, slots: Sequence[float]) -> list[tuple[Part, Sequence[float]]]:
    """Split a part into pieces that fit a narrow page.

    ``slots`` are the widths of its operations in CSS pixels. There may be more slots than
    operations, because networks that are drawn below each other share them.
    """
    ends, width = [0], GAP
    for place, slot in enumerate(slots):
        if width + slot + GAP > NARROW and place > ends[-1]:
            ends.append(place)
            width = GAP
        width += slot + GAP
    ends.append(len(slots))
    pieces = []
    for start, end in pairwise(ends):
        own = part.operations[start:end]
        if own:
            continues = len(part.operations) > end
            piece = Part(part.title if start == 0 else "", own, continues)
            pieces.append((piece, slots[start : start + len(own)]))
    return pieces


def operations_legend(operations: Iterable[Operation]) -> tuple[tuple[str, str], ...]:
    """Return (label, colour) for the operations, sorted by family, grey last."""
    coloured: dict[str, dict[int, tuple[str, str]]] = {}
    grey: dict[str, None] = {}
    for style in (operation.style for operation in operations if not operation.free):
        if style.hue is None:
            grey[style.family] = None
        else:
            entry = (style.legend, family_colour(style))
            coloured.setdefault(style.family, {}).setdefault(style.hue, entry)
    legend = [hues[hue] for hues in coloured.values() for hue in sorted(hues)]
    return (*legend, (", ".join(grey), GREY)) if grey else tuple(legend)


def slot_widths(operations: Sequence[Operation]) -> list[float]:
    """Return the width of each operation, including the text below it, in CSS pixels."""
    return [_slot_width(operation) for operation in operations]


def draw_part(name: str, part: Part, slots: Sequence[float]) -> Drawing:
    """Draw operations from left to right, each in its slot."""
    width = sum(slots) + GAP * (len(slots) + 1)

    def plot(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(0, HEIGHT))
        axes.axis("off")
        axes.text(GAP / 2, HEIGHT - 11, part.title, size=10.5, va="baseline")
        rule = [GAP / 2 if part.title else 0, width - (0 if part.continues else GAP / 2)]
        axes.plot(rule, [HEIGHT - 16] * 2, color=INK, lw=0.8, alpha=0.5)
        axes.plot([0, width], [MIDDLE] * 2, color=INK, lw=1, zorder=1)
        left = GAP
        for operation, slot in zip(part.operations, slots, strict=True):
            draw = _draw_zero if operation.free else _draw_box
            draw(axes, operation, left + slot / 2)
            left += slot + GAP

    return Drawing(name, width, HEIGHT, plot)


def _draw_box(axes: Axes, operation: Operation, centre: float) -> None:
    width = _box_width(operation)
    corner = (centre - width / 2, MIDDLE - BOX_HEIGHT / 2)
    axes.add_patch(
        Rectangle(
            corner, width, BOX_HEIGHT,
            facecolor=family_colour(operation.style), edgecolor=INK, linewidth=0.8, zorder=2,
        )
    )  # fmt: skip
    first, second = operation.style.lines
    centred: Look = {"ha": "center", "va": "baseline", "size": 11.5, "color": LABEL_INK}
    axes.text(centre, MIDDLE + 4, first, **centred)
    axes.text(centre, MIDDLE - 12, second.replace("x", TIMES), **centred)
    axes.text(centre, 8, shape_text(operation.output_shape), ha="center", va="baseline", size=10)


def _draw_zero(axes: Axes, operation: Operation, centre: float) -> None:
    width = _box_width(operation)
    corner = (centre - width / 2, MIDDLE - BOX_HEIGHT / 2)
    dashed: Look = {"facecolor": PAPER, "edgecolor": INK, "linestyle": (0, (3, 3))}
    axes.add_patch(Rectangle(corner, width, BOX_HEIGHT, zorder=2, **dashed))
    turned: Look = {"rotation": 90, "rotation_mode": "anchor", "ha": "center", "va": "baseline"}
    axes.text(centre + 3.5, MIDDLE, "zero", size=10, **turned)


def _slot_width(operation: Operation) -> float:
    text = 0 if operation.free else len(shape_text(operation.output_shape))
    return max(_box_width(operation), CHARACTER * text)


def _box_width(operation: Operation) -> float:
    return box_width(operation.style.size)
