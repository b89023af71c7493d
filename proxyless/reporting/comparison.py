"""Several networks compared: drawn on one scale, and their figures in a table."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, zip_longest

from markupsafe import Markup

from search_spaces import Architecture

from .drawing import READING, Part, draw_part, operations_legend, slot_widths, split_pieces
from .formatting import NOTHING, milliseconds, percent, plural, quantity, with_error
from .matrix import Matrix
from .matrix_picture import draw_matrix, matrix_table
from .picture import Picture
from .run import Run
from .section import Section, Table, without_empty

HEADERS = (
    "run", "test accuracy", "parameters", "MACs", "target",
    "predicted", "measured", "predicted for", "measured on",
)  # fmt: skip


def comparison_sections(runs: Sequence[Run], keys: Sequence[str]) -> list[Section]:
    """Return the sections that compare runs; ``keys`` are the ids of the runs' own chapters."""
    cells = [_cells(run, key) for run, key in zip(runs, keys, strict=True)]
    headers, rows = without_empty(HEADERS, cells, NOTHING)
    figures = Table("Figures of every network", headers, rows, folded=False)
    drawn = [run for run in runs if run.architecture is not None]
    networks = (draw_networks(drawn),) if drawn else ()
    sections = [Section("Comparison", (), networks, (figures,))]
    matrix = Matrix.of(runs)
    if matrix is not None:
        pictures, tables = (draw_matrix(matrix),), (matrix_table(matrix),)
        sections.append(Section("What each network takes where", (), pictures, tables))
    return sections


def draw_networks(runs: Sequence[Run]) -> Picture:
    """Draw networks one below the other; operations at the same position share a column.

    Networks with operations of packages that are not installed here are left out.
    """
    named = [(run.name, run.architecture) for run in runs if run.architecture is not None]
    operations = [network.operations for _, network in named]
    slots = [max(widths) for widths in zip_longest(*map(slot_widths, operations), fillvalue=0.0)]
    lines = [split_pieces(Part(name, tuple(network.operations)), slots) for name, network in named]
    pieces = [piece for line in lines for piece in line]
    return Picture(
        "networks",
        "Networks on the same scale",
        _finding(named),
        READING,
        tuple(
            draw_part(f"networks-{number}", piece, widths)
            for number, (piece, widths) in enumerate(pieces)
        ),
        operations_legend(chain.from_iterable(operations)),
        "lines",
        starts=tuple(accumulate(map(len, lines[:-1]), initial=0)),
    )


def _finding(networks: Sequence[tuple[str, Architecture]]) -> str:
    labels = [network.labels for _, network in networks]
    longest = max(map(len, labels))
    same = sum(len(set(labels_at_position)) == 1 for labels_at_position in zip_longest(*labels))
    shapes = "; ".join(f"{name}: {_shape(network)}" for name, network in networks)
    return (
        f"{len(networks)} networks of up to {plural(longest, 'operation')}, of which {same} are "
        f"the same in all. {shapes}."
    )


def _shape(architecture: Architecture) -> str:
    skipped = f"{sum(operation.free for operation in architecture.operations)} left out"
    families: dict[str, list[Mapping[str, int]]] = {}
    for operation in architecture.operations:
        if operation.traits.sizes:
            families.setdefault(operation.style.family, []).append(operation.traits.sizes)
    if not families:
        return f"no block to choose, {skipped}"
    counts = [f"{len(blocks)} {family}" for family, blocks in families.items()]
    all_sizes = [sizes for blocks in families.values() for sizes in blocks]
    means = []
    for name in dict.fromkeys(name for sizes in all_sizes for name in sizes):
        values = [sizes[name] for sizes in all_sizes if name in sizes]
        means.append(f"mean {name} {sum(values) / len(values):.1f}")
    return ", ".join([*counts, skipped, *means])


def _quantity(count: int | None) -> str | None:
    return None if count is None else quantity(count)


def _cells(run: Run, key: str) -> tuple[str | None, ...]:
    result, row = run.search.result if run.search else None, run.headline_row
    return (
        Markup('<a href="#{}">{}</a>').format(key, run.name),
        percent(run.training.result.test_accuracy) if run.training else None,
        _quantity(run.outline.parameters),
        _quantity(run.outline.macs),
        milliseconds(run.target_ms) if run.target_ms is not None else None,
        with_error(result.predicted_ms, result.relative_error) if result else None,
        milliseconds(row.times.best_ms) if row else None,
        result.profile if result else None,
        row.times.conditions if row else None,
    )
