"""Networks side by side: drawn on one scale, and their figures in a table."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, zip_longest

from markupsafe import Markup

from search_spaces import Architecture

from .drawing import READING, Part, draw_part, operations_legend, slot_widths, split_pieces
from .matrix import Matrix
from .matrix_picture import draw_matrix, matrix_table
from .picture import Picture
from .run import Run
from .section import Section, Table, without_empty
from .words import NOTHING, milliseconds, percent, plural, quantity, with_error

HEADERS = (
    "run", "test accuracy", "parameters", "MACs", "target",
    "predicted", "measured", "predicted for", "measured on",
)  # fmt: skip


def comparison_sections(runs: Sequence[Run], keys: Sequence[str]) -> list[Section]:
    """Compare several runs; ``keys`` are the ids that their own parts of the page have."""
    cells = [_cells(run, key) for run, key in zip(runs, keys, strict=True)]
    headers, rows = without_empty(HEADERS, cells, NOTHING)
    figures = Table("Figures of every network", headers, rows, folded=False)
    sections = [Section("Comparison", (), (draw_networks(runs),), (figures,))]
    matrix = Matrix.of(runs)
    if matrix is not None:
        pictures, tables = (draw_matrix(matrix),), (matrix_table(matrix),)
        sections.append(Section("What each network takes where", (), pictures, tables))
    return sections


def draw_networks(runs: Sequence[Run]) -> Picture:
    """Draw whole networks one below the other; operations of the same place share a column."""
    operations = [run.architecture.operations for run in runs]
    slots = [
        max(widths)
        for widths in zip_longest(*(slot_widths(some) for some in operations), fillvalue=0.0)
    ]
    lines = [
        split_pieces(Part(run.name, tuple(some)), slots)
        for run, some in zip(runs, operations, strict=True)
    ]
    pieces = [piece for line in lines for piece in line]
    return Picture(
        "networks",
        "Networks on the same scale",
        _finding(runs),
        READING,
        tuple(
            draw_part(f"networks-{number}", piece, widths)
            for number, (piece, widths) in enumerate(pieces)
        ),
        operations_legend(one for some in operations for one in some),
        "lines",
        starts=tuple(accumulate(map(len, lines[:-1]), initial=0)),
    )


def _finding(runs: Sequence[Run]) -> str:
    labels = [run.architecture.labels for run in runs]
    longest = max(len(some) for some in labels)
    same = sum(len(set(place)) == 1 for place in zip_longest(*labels))
    shapes = "; ".join(f"{run.name}: {_shape(run.architecture)}" for run in runs)
    return (
        f"{len(runs)} networks of up to {plural(longest, 'operation')}, of which {same} are the "
        f"same in all. {shapes}."
    )


def _shape(architecture: Architecture) -> str:
    left_out = f"{sum(one.free for one in architecture.operations)} left out"
    families: dict[str, list[Mapping[str, int]]] = {}
    for operation in architecture.operations:
        if operation.traits.sizes:
            families.setdefault(operation.style.family, []).append(operation.traits.sizes)
    if not families:
        return f"no block to choose, {left_out}"
    counts = [f"{len(blocks)} {family}" for family, blocks in families.items()]
    everything = [sizes for blocks in families.values() for sizes in blocks]
    means = []
    for name in dict.fromkeys(name for sizes in everything for name in sizes):
        values = [sizes[name] for sizes in everything if name in sizes]
        means.append(f"mean {name} {sum(values) / len(values):.1f}")
    return ", ".join([*counts, left_out, *means])


def _cells(run: Run, key: str) -> tuple[str | None, ...]:
    result, row = run.search.result if run.search else None, run.headline_row
    return (
        Markup('<a href="#{}">{}</a>').format(key, run.name),
        percent(run.training.result.test_accuracy) if run.training else None,
        quantity(run.architecture.parameters),
        quantity(run.architecture.macs),
        milliseconds(run.target_ms) if run.target_ms is not None else None,
        with_error(result.predicted_ms, result.relative_error) if result else None,
        milliseconds(row.times.best_ms) if row else None,
        result.profile if result else None,
        row.times.conditions if row else None,
    )
