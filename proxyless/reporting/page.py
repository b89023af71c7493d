"""The report's page: collects the data of runs and renders it as one HTML file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from search_spaces.files import write_atomically
from search_spaces.ours import check_replaceable, holds

from .comparison import comparison_sections
from .figure_files import check_figures, write_figures
from .file_sections import benchmark_section, export_section
from .footer import Footer, readable
from .formatting import NOTHING, percent, plural, quantity, shape_text
from .picture import Picture
from .route import Route
from .run import Run, load_runs
from .section import Section
from .sections import network_section, search_section, training_section


@dataclass(frozen=True)
class Chapter:
    """The part of the page about one run; ``headlines`` pairs names with figures.

    ``routes`` are the strips at its top: the run's own, or one for each compared run. ``key``
    begins every id in the chapter; ``folder`` is where its figures are written.
    """

    key: str
    title: str
    subtitle: str
    routes: Sequence[Route]
    headlines: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    folder: str = ""


@dataclass(frozen=True)
class Page:
    """The template's data: the first chapter, a folded chapter per compared run, and the footer."""

    front: Chapter
    footer: Footer
    chapters: Sequence[Chapter] = ()

    def pictures(self) -> Iterator[tuple[str, list[Picture]]]:
        """Yield the folder and the pictures of every chapter."""
        for chapter in (self.front, *self.chapters):
            yield (
                chapter.folder,
                [picture for section in chapter.sections for picture in section.pictures],
            )


IS_REPORT = holds(b": Proxyless report</title>")


def report(
    runs: Sequence[Path] | Path,
    output: Path | None = None,
    figures: Path | None = None,
    *,
    force: bool = False,
) -> Path:
    """Write one self-contained page about one run, or about several and their comparison.

    A run of several devices counts as one run for each device.

    Args:
        runs: run directories.
        output: the page; by default report.html in the run, or in the parent folder of the first
            of several.
        figures: a folder for every picture of the page, as SVG and as PNG.
        force: replace files that are no report or picture of ours.

    Returns:
        The page's path.

    Raises:
        InputError: a folder holds neither a finished search nor a finished training, one of its
            files is damaged, or something cannot be written.
    """
    loaded = load_runs([runs] if isinstance(runs, Path) else runs)
    if len(loaded) == 1:
        front, folder = _chapter(loaded[0], "", loaded[0].outline.name), loaded[0].path
        page = Page(front, Footer.of(loaded))
    else:
        page, folder = _comparison_page(loaded), loaded[0].path.parent
    path = output or folder / "report.html"
    check_replaceable(path, IS_REPORT, force)
    if figures is not None:
        for part, pictures in page.pictures():
            check_figures(pictures, figures / part, force)
    write_atomically(path, _render(page).encode())
    if figures is not None:
        for part, pictures in page.pictures():
            write_figures(pictures, figures / part)
    return path


def _comparison_page(runs: Sequence[Run]) -> Page:
    keys = [f"run-{number}" for number in range(1, len(runs) + 1)]
    chapters = [
        _chapter(run, key, run.name, run.name.lstrip("/"))
        for run, key in zip(runs, keys, strict=True)
    ]
    names = ", ".join(run.name for run in runs)
    title = f"{plural(len(runs), 'network')} compared"
    routes = [Route.of(run) for run in runs]
    front = Chapter("", title, f"{names}.", routes, (), comparison_sections(runs, keys))
    return Page(front, Footer.of(runs), chapters)


def _chapter(run: Run, key: str, title: str, folder: str = "") -> Chapter:
    network = run.architecture
    subtitle = f"A network of the space {run.outline.space}"
    if network is not None:
        shape = shape_text(network.input_shape)
        subtitle += f" for images of {shape}, {network.classes} classes"
    sections = [
        network_section(run),
        search_section(run),
        training_section(run),
        export_section(run),
        benchmark_section(run),
    ]
    return Chapter(key, title, f"{subtitle}.", [Route.of(run)], _headlines(run), sections, folder)


def _headlines(run: Run) -> list[tuple[str, str]]:
    figures = []
    if run.training is not None:
        figures.append(("test accuracy", percent(run.training.result.test_accuracy)))
    counts = (("parameters", run.outline.parameters), ("MACs", run.outline.macs))
    return [*figures, *((name, quantity(count)) for name, count in counts if count is not None)]


def _render(page: Page) -> str:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["readable"] = readable
    style, script = Markup(_read("report.css")), Markup(_read("history.js"))
    template = environment.from_string(_read("report.html.j2"))
    return template.render(page=page, style=style, script=script, nothing=NOTHING)


def _read(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
