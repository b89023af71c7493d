"""The report's page: what goes on it, in which order, in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from search_spaces import Architecture, InputError

from ..run_directory import write_atomically
from .curves import draw_search, draw_training
from .drawing import draw_network, pretty, shape_text
from .measurement import deviation, draw_measurements
from .paths import draw_paths
from .records import (
    BenchmarkRow,
    Search,
    Training,
    load_benchmark,
    load_search,
    load_training,
)
from .svg import Picture

EXPORTS = ("*.onnx", "*.tflite")


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


@dataclass(frozen=True)
class Page:
    """Everything the template shows."""

    title: str
    subtitle: str
    headlines: Sequence[tuple[str, str]]
    sections: Sequence[Section] = field(default_factory=list)


def write_report(run: Path) -> Path:
    """Write RUN/report.html, one self-contained page, and return its path.

    Raises:
        InputError: the folder holds neither a finished search nor a finished training, or one
            of its files is damaged.
    """
    search = load_search(run / "search")
    training = load_training(run / "train")
    if search is None and training is None:
        raise InputError(
            f"{run} holds no finished search or training: `proxyless search --out {run}` makes one"
        )
    architecture = Architecture.load(run / "architecture.json")
    rows = load_benchmark(run / "benchmark.json")
    page = Page(
        f"{architecture.name} on {_device(search, rows)}" if search or rows else architecture.name,
        f"A network of the space {architecture.space}, {architecture.classes} classes, input "
        f"{_shape(architecture.input_shape)}",
        _headlines(architecture, search, training, rows),
        [
            _network_section(architecture),
            _search_section(search, run),
            _training_section(training, run),
            _export_section(run),
            _benchmark_section(rows, search, run),
        ],
    )
    path = run / "report.html"
    write_atomically(path, _render(page).encode())
    return path


def _render(page: Page) -> str:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = (files(__package__) / "report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(page=page)
