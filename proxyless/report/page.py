"""The report's page: gathers a run's data and renders it as one HTML file."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2

from proxyless.run_directory import write_atomically
from search_spaces import Architecture, InputError

from ..benchmark import BenchmarkRow
from ..search_result import check_one_device, load_architecture
from .records import (
    Search,
    Training,
    load_benchmark,
    load_search,
    load_training,
)
from .sections import (
    Section,
    benchmark_section,
    export_section,
    network_section,
    search_section,
    training_section,
)
from .words import milliseconds, percent, quantity, shape_text


@dataclass(frozen=True)
class Page:
    """Everything the template shows; ``headlines`` pairs names with figures."""

    title: str
    subtitle: str
    headlines: Sequence[tuple[str, str]]
    sections: Sequence[Section]


def write_page(run: Path) -> Path:
    """Do what :func:`proxyless.report.write_report` says."""
    check_one_device(run)
    search = load_search(run / "search")
    training = load_training(run / "train")
    if search is None and training is None:
        raise InputError(
            f"{run} holds no finished search or training: "
            f"`proxyless search --target-ms MS --out {run}` makes one"
        )
    architecture = load_architecture(run)
    rows = load_benchmark(run / "benchmark.json")
    sections = [
        network_section(architecture),
        search_section(search, run),
        training_section(training, run),
        export_section(run),
        benchmark_section(rows, search, run),
    ]
    subtitle = (
        f"A network of the space {architecture.space} for images of "
        f"{shape_text(architecture.input_shape)}, {architecture.classes} classes."
    )
    headlines = _headlines(architecture, search, training, rows)
    path = run / "report.html"
    write_atomically(path, _render(Page(architecture.name, subtitle, headlines, sections)).encode())
    return path


def _headlines(
    architecture: Architecture,
    search: Search | None,
    training: Training | None,
    rows: Sequence[BenchmarkRow],
) -> list[tuple[str, str]]:
    figures = []
    if training is not None:
        figures.append(("test accuracy", percent(training.result.test_accuracy)))
    if search is not None:
        figures.append(("predicted", milliseconds(search.result.predicted_ms)))
    if rows:
        compared = next((row for row in rows if row.predicted_ms is not None), rows[0])
        figures.append(("measured", milliseconds(compared.best_ms)))
    if search is not None and search.result.target_ms is not None:
        figures.append(("target", milliseconds(search.result.target_ms)))
    return [
        *figures,
        ("parameters", quantity(architecture.parameters)),
        ("MACs", quantity(architecture.macs)),
    ]


def _render(page: Page) -> str:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = (files(__package__) / "report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(page=page)
