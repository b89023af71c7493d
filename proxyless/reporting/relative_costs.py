"""The picture of block costs, relative to the smallest block at their position, per profile."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from latency import Position, Predictor, ProfileInfo, RelativeCosts, relative_costs
from search_spaces import InputError
from search_spaces.ours import check_replaceable

from .colours import BLUE, GREEN, VERMILION
from .formatting import TIMES, distinguishing_names
from .picture_file import IS_PICTURE, check_suffix, write_picture

ARROW = "\N{RIGHTWARDS ARROW}"
TITLE = "Cost of blocks, relative to the smallest at the same position"
LOOKS = (
    (BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", ":"),
    ("#cc79a7", "D", "-."), ("#e69f00", "v", "-"), ("#56b4e9", "P", "--"),
)  # fmt: skip
"""Colour, marker and line style of each profile."""
COLUMNS = 4
PANEL_WIDTH, PANEL_HEIGHT, MARGIN, LINE = 210.0, 178.0, 66.0, 17.0
DIGITS = ((8.0, (1, 1.5, 2, 3, 5, 7)), (200.0, (1, 2, 5)), (math.inf, (1,)))
"""Leading digits of ticks, by the largest ratio of the most to the least expensive block."""

Size = tuple[int, int]


@dataclass(frozen=True)
class Series:
    """One profile's costs, with the shortest name that distinguishes it from the others."""

    name: str
    costs: RelativeCosts


def draw_relative_costs(predictors: Sequence[Predictor], path: Path, *, force: bool = False) -> str:
    """Draw a panel per position and a line per profile; return the picture's description.

    ``path`` ends in .png or .svg; its alternative text is the description.

    Raises:
        InputError: nothing to draw, too many profiles, or a file that cannot be written.
    """
    check_suffix(path)
    if not predictors:
        raise InputError("no profile fits: `proxyless tables list TABLE` shows which there are")
    if len(predictors) > len(LOOKS):
        raise InputError(
            f"{len(predictors)} profiles are too many for one picture (at most {len(LOOKS)}): "
            "narrow them with `device`, `runtime`, `threads` or `batch`"
        )
    names = short_names([predictor.info for predictor in predictors])
    series = [
        Series(name, relative_costs(predictor))
        for name, predictor in zip(names, predictors, strict=True)
    ]
    positions = list(dict.fromkeys(position for profile in series for position in profile.costs))
    if not positions:
        raise InputError(
            f"{' and '.join(str(predictor.path) for predictor in predictors)}: no two blocks "
            "stand at the same position, so nothing can be compared"
        )
    positions.sort(key=lambda position: position.depth)
    columns = min(COLUMNS, len(positions))
    rows = math.ceil(len(positions) / columns)

    def plot(figure: Figure) -> None:
        _plot(figure, rows, columns, positions, series)

    width = max(2, columns) * PANEL_WIDTH
    height = rows * PANEL_HEIGHT + MARGIN + LINE * len(series)
    description = _finding(positions, series)
    check_replaceable(path, IS_PICTURE, force)
    write_picture(path, width, height, plot, TITLE, description)
    return description


def short_names(profiles: Sequence[ProfileInfo]) -> list[str]:
    """Return names of profiles: the device, and the further facts that distinguish them."""
    facts = [
        (info.device.name, info.runtime, str(info.settings), info.version, info.method)
        for info in profiles
    ]
    return distinguishing_names(facts)


def _plot(
    figure: Figure,
    rows: int,
    columns: int,
    positions: Sequence[Position],
    series: Sequence[Series],
) -> None:
    figure.set_layout_engine("constrained")
    panels = list(figure.subplots(rows, columns, sharey=True, squeeze=False).flat)
    for panel, position in zip(panels, positions, strict=False):
        panel.set_title(_title(position), loc="left", pad=4)
        places = _places({size for profile in series for size in profile.costs.get(position, {})})
        for profile, (colour, marker, line) in zip(series, LOOKS, strict=False):
            for part in _by_expansion(profile.costs.get(position, {})):
                panel.plot(
                    [places[size] for size in part],
                    list(part.values()),
                    color=colour, marker=marker, ls=line,
                )  # fmt: skip
        _label_sizes(panel, places, position.family)
    for panel in panels[len(positions) :]:
        panel.set_visible(False)
    _label_costs(panels[0], series)
    figure.supxlabel("kernel, by expansion", size=11)
    figure.supylabel("relative cost", size=11)
    figure.legend(
        [
            Line2D([], [], color=colour, marker=marker, ls=line)
            for _, (colour, marker, line) in zip(series, LOOKS, strict=False)
        ],
        [profile.name for profile in series],
        loc="outside upper left", title=TITLE, alignment="left", title_fontsize=12,
    )  # fmt: skip


def _places(sizes: Iterable[Size]) -> dict[Size, float]:
    """Return the position of each (expansion, kernel) on the axis, with gaps between expansions."""
    places: dict[Size, float] = {}
    place, before = 0.0, None
    for expansion, kernel in sorted(sizes):
        place += 0.0 if before is None else 1.0 if expansion == before else 1.7
        places[expansion, kernel] = place
        before = expansion
    return places


def _label_sizes(panel: Axes, places: dict[Size, float], family: str) -> None:
    """Label ticks with kernels, and groups of ticks with expansions."""
    panel.set_xticks(list(places.values()), [str(kernel) for _, kernel in places])
    groups: dict[int, list[float]] = {}
    for (expansion, _), place in places.items():
        groups.setdefault(expansion, []).append(place)
    middles = [sum(group) / len(group) + 1e-3 for group in groups.values()]
    names = [f"\n{_expanded(family, expansion)}" for expansion in groups]
    panel.set_xticks(middles, names, minor=True)
    panel.tick_params(axis="x", which="minor", length=0)
    panel.set_xlim(-0.5, max(places.values()) + 0.5)


def _label_costs(panel: Axes, series: Sequence[Series]) -> None:
    """Set the logarithmic scale that all panels share, up to the tick above the largest cost."""
    costs = [ms for profile in series for sizes in profile.costs.values() for ms in sizes.values()]
    low, high = min(costs), max(costs)
    digits = next(digits for span, digits in DIGITS if high / low < span)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
    panel.set_yscale("log")
    panel.set_ylim(0.9 * low, 1.05 * min(tick for tick in ticks if tick >= high))
    panel.yaxis.set_major_locator(FixedLocator(ticks))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{TIMES}"))
    panel.yaxis.set_minor_locator(NullLocator())


def _by_expansion(costs: dict[Size, float]) -> list[dict[Size, float]]:
    parts: dict[int, dict[Size, float]] = {}
    for size, cost in sorted(costs.items()):
        parts.setdefault(size[0], {})[size] = cost
    return list(parts.values())


def _title(position: Position) -> str:
    side = f"{position.resolution}{TIMES}{position.resolution}"
    stride = "" if position.stride == 1 else f", stride {position.stride}"
    return f"{side}, {position.in_channels}{ARROW}{position.out_channels}{stride}"


def _finding(positions: Sequence[Position], series: Sequence[Series]) -> str:
    """Return the geometric means, and where the profiles disagree most, as sentences."""
    plural = "" if len(positions) == 1 else "s"
    words = [f"{len(positions)} position{plural}; 1 is the smallest block at each."]
    for profile in series:
        gathered: dict[tuple[str, Size], list[float]] = {}
        for position, costs in profile.costs.items():
            for size, cost in costs.items():
                gathered.setdefault((position.family, size), []).append(cost)
        means = ", ".join(
            f"{_name(*block)} {math.exp(sum(map(math.log, costs)) / len(costs)):.3g}"
            for block, costs in sorted(gathered.items())
        )
        words.append(f"{profile.name}, on average: {means}.")
    disagreement = _disagreement(positions, series)
    return " ".join([*words, disagreement] if disagreement else words)


def _disagreement(positions: Sequence[Position], series: Sequence[Series]) -> str | None:
    largest, sentence = 1.0, None
    for position in positions:
        for size in {size for profile in series for size in profile.costs.get(position, {})}:
            costs = [
                (profile.costs[position][size], profile.name)
                for profile in series
                if size in profile.costs.get(position, {})
            ]
            low, high = min(costs), max(costs)
            if high[0] / low[0] > largest:
                largest = high[0] / low[0]
                sentence = (
                    f"They disagree most about {_name(position.family, size)} at "
                    f"{_title(position)}: {low[0]:.3g} on {low[1]}, {high[0]:.3g} on {high[1]}."
                )
    return sentence


def _name(family: str, size: Size) -> str:
    expansion, kernel = size
    return f"{_expanded(family, expansion)} {kernel}{TIMES}{kernel}"


def _expanded(family: str, expansion: int) -> str:
    """Return the name of a family's block with an expansion, such as MB3 of MBConv."""
    return f"{family.removesuffix('Conv')}{expansion}"
