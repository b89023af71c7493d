"""Axes of milliseconds begin at zero: differences look as large as they are."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_run import edit, write_run
from matplotlib.figure import Figure

from proxyless.reporting.curves import draw_search
from proxyless.reporting.measurement import draw_measurements
from proxyless.reporting.pareto import draw_pareto
from proxyless.reporting.picture import Picture
from proxyless.reporting.run import Run, load_runs
from search_spaces import load_space


@pytest.fixture
def run(tmp_path: Path) -> Run:
    folder = tmp_path / "digits"
    write_run(folder, load_space("tiny"), random.Random(0))
    points = [
        {
            "choices": [0],
            "limit_ms": ms,
            "predicted_ms": ms,
            "supernet_accuracy": 0.6 + ms,
            "dominated": False,
        }
        for ms in (0.25, 0.3, 0.35)
    ]
    edit(folder / "search" / "result.json", lambda found: found.update(pareto=points))
    (loaded,) = load_runs([folder])
    return loaded


def latency(run: Run) -> Picture:
    assert run.search is not None
    *_, picture = draw_search(run.search)
    assert picture.name == "search-latency"
    return picture


def pareto(run: Run) -> Picture:
    assert run.search is not None
    picture = draw_pareto(run.search)
    assert picture is not None
    return picture


def measurements(run: Run) -> Picture:
    return draw_measurements(run.rows, run.target_ms, run.relative_error)


def axes_of(picture: Picture) -> Any:
    (drawing,) = picture.drawings
    figure = Figure(figsize=(4, 3))
    drawing.plot(figure)
    (axes,) = figure.axes
    return axes


@pytest.mark.parametrize(("draw", "axis"), [(latency, "y"), (pareto, "x"), (measurements, "x")])
def test_milliseconds_begin_at_zero(run: Run, draw: Callable[[Run], Picture], axis: str) -> None:
    axes = axes_of(draw(run))
    low, high = axes.get_xlim() if axis == "x" else axes.get_ylim()
    assert low == 0
    shown = [
        value
        for line in axes.lines
        for value in (line.get_xdata() if axis == "x" else line.get_ydata())
        if line.get_transform() == axes.transData
    ]
    assert shown
    assert 0 < max(shown) < high


def test_an_axis_that_does_not_begin_at_zero_is_said(run: Run) -> None:
    picture = pareto(run)
    assert axes_of(picture).get_ylim()[0] > 0
    assert "Times begin at 0, accuracies do not." in picture.caption
