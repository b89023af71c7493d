"""The sections of the page, each from the data it shows."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search_spaces import Architecture

from ..benchmark import BenchmarkRow
from ..health import Skips
from .curves import draw_search, draw_training
from .drawing import draw_network
from .measurement import deviation, draw_measurements
from .pareto import draw_pareto
from .paths import draw_paths
from .records import Search, SearchResult, Training
from .svg import Picture
from .words import NOTHING, duration, milliseconds, percent, plural, pretty, shape_text


@dataclass(frozen=True)
class Table:
    """Rows of text; a folded table shows only its caption until it is opened."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = True


@dataclass(frozen=True)
class Section:
    """A heading and what is under it; ``command`` is what adds a section that is missing."""

    title: str
    sentences: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    command: str = ""


def network_section(architecture: Architecture) -> Section:
    """Draw the network and list its operations."""
    rows = [
        (
            str(number),
            pretty(one.label),
            shape_text(one.output_shape),
            f"{one.parameters:,}",
            f"{one.macs:,}",
        )
        for number, one in enumerate(architecture.operations, 1)
    ]
    table = Table("All operations", ("", "operation", "output", "parameters", "MACs"), rows)
    return Section("Network", (), (draw_network(architecture),), (table,))


def search_section(search: Search | None, run: Path) -> Section:
    """Show how the network was found."""
    title = "Search"
    if search is None:
        return _absent(title, f"search --target-ms MS --out {shlex.quote(str(run))}")
    result = search.result
    paths = draw_paths(search)
    sentences = [
        f"{plural(len(search.epochs), 'epoch')} in "
        f"{duration(sum(epoch.seconds for epoch in search.epochs))}. Networks of the space take "
        f"{milliseconds(result.fastest_ms)} to {milliseconds(result.slowest_ms)}; the derived one "
        f"is predicted to take {milliseconds(result.predicted_ms)}{_against_target(result)}.",
        f"Latencies are of {result.profile}.",
    ]
    if not result.converged:
        sentences.append(
            "The search had not converged: some blocks were still undecided when it ended. "
            "More epochs would settle them."
        )
    sentences.append(_skips(result.skips))
    optional = (paths, draw_pareto(search))
    pictures = [*filter(None, optional), *draw_search(search)]
    return Section(
        title, sentences, pictures, (_choices(search), settings("Search", search.config))
    )


def training_section(training: Training | None, run: Path) -> Section:
    """Show how the final network was trained and what it reaches."""
    title = "Training"
    if training is None:
        return _absent(title, f"train {shlex.quote(str(run))}")
    result = training.result
    sentences = (
        f"{percent(result.test_accuracy)} of {plural(result.test_images, 'test image')} right, "
        f"test loss {result.test_loss:.3g}, after {plural(len(training.epochs), 'epoch')} in "
        f"{duration(sum(epoch.seconds for epoch in training.epochs))}.",
    )
    names = [(str(number), name) for number, name in enumerate(result.class_names)]
    tables = (
        settings("Training", training.config),
        Table(f"Classes ({len(names)})", ("", "name"), names),
    )
    return Section(title, sentences, (draw_training(training),), tables)


def export_section(run: Path) -> Section:
    """List the deployable files."""
    title = "Exported files"
    found = sorted(path for pattern in ("*.onnx", "*.tflite") for path in run.glob(pattern))
    if not found:
        return _absent(title, f"export {shlex.quote(str(run))}")
    rows = [(path.name, f"{path.stat().st_size:,}") for path in found]
    return Section(title, tables=(Table("Files", ("file", "bytes"), rows, folded=False),))


def benchmark_section(rows: Sequence[BenchmarkRow], search: Search | None, run: Path) -> Section:
    """Compare measured latencies with the predictions."""
    title = "Measured latency"
    if not rows:
        return _absent(title, f"benchmark {shlex.quote(str(run / 'model.onnx'))}")
    headers = (
        "", "file", "runtime", "device", "threads", "batch",
        "best ms", "median ms", "p95 ms", "predicted ms", "deviation",
    )  # fmt: skip
    cells = [_benchmark_cells(number, row) for number, row in enumerate(rows, 1)]
    target = search.result.target_ms if search else None
    table = Table("Measurements", headers, cells, folded=False)
    return Section(title, (), (draw_measurements(rows, target),), (table,))


def _skips(skips: Skips) -> str:
    counted = (
        f"The network skips {skips.count} of {plural(skips.optional, 'optional block')}; random "
        f"networks of the same budgets skip {skips.random_least} to {skips.random_most}."
    )
    return f"{counted} The search has collapsed to skips." if skips.collapsed else counted


def _against_target(result: SearchResult) -> str:
    return f"; the target was {milliseconds(result.target_ms)}" if result.target_ms else ""


def settings(title: str, config: Mapping[str, Any]) -> Table:
    """List a configuration as it was resolved."""
    return Table(f"{title} settings", ("setting", "value"), list(_flatten(config)))


def _flatten(config: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, str]]:
    for key, value in config.items():
        name = f"{group}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{name}: ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            numbered = {str(number): one for number, one in enumerate(value, 1)}
            yield from _flatten(numbered, f"{name} ")
        else:
            yield name, _setting(value)


def _choices(search: Search) -> Table:
    result, last = search.result, search.epochs[-1]
    rows = [
        (str(block + 1), pretty(labels[choice]), f"{last.probabilities[block][choice]:.3f}")
        for block, (labels, choice) in enumerate(
            zip(result.candidates, result.choices, strict=True)
        )
    ]
    return Table("Choices", ("block", "operation", "final probability"), rows)


def _benchmark_cells(number: int, row: BenchmarkRow) -> tuple[str, ...]:
    predicted = NOTHING if row.predicted_ms is None else f"{row.predicted_ms:.4g}"
    return (
        str(number), row.file, f"{row.runtime} {row.version}", row.device, str(row.threads),
        str(row.batch), f"{row.best_ms:.4g}", f"{row.median_ms:.4g}", f"{row.p95_ms:.4g}",
        predicted, deviation(row),
    )  # fmt: skip


def _setting(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


def _absent(title: str, arguments: str) -> Section:
    return Section(title, command=f"proxyless {arguments}")
