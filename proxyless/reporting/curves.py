"""Curves over epochs: losses, accuracies, certainty and expected latency."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .colours import BLUE, GREEN, INK, VERMILION
from .picture import Picture
from .records import Search, Training
from .style import TIGHT
from .svg import Drawing

WIDTH, HEIGHT = 320.0, 230.0


@dataclass(frozen=True)
class Curve:
    """One value per epoch; None where it was not measured."""

    label: str
    values: Sequence[float | None]
    colour: str
    style: str = "-"


def draw_search(search: Search) -> list[Picture]:
    """Draw loss, accuracy, certainty and expected latency of a search."""
    epochs = search.epochs
    times = [epoch.epoch for epoch in epochs]
    warmup = sum(epoch.phase == "warmup" for epoch in epochs)
    start = times[warmup] if 0 < warmup < len(times) else None
    panels = {
        "loss": [
            Curve("training", [epoch.loss for epoch in epochs], VERMILION, "--"),
            Curve("validation", [epoch.validation_loss for epoch in epochs], BLUE),
        ],
        "accuracy": [
            Curve("training", [epoch.accuracy for epoch in epochs], VERMILION, "--"),
            Curve("validation", [epoch.validation_accuracy for epoch in epochs], BLUE),
        ],
        "certainty": [
            Curve("entropy", [epoch.entropy for epoch in epochs], VERMILION, "--"),
            Curve("confidence", [epoch.confidence for epoch in epochs], BLUE),
            Curve("skips", [epoch.skip_probability for epoch in epochs], GREEN, ":"),
        ],
    }
    captions = {
        "loss": "Cross-entropy of sampled paths.",
        "accuracy": "Share of images classified right by sampled paths.",
        "certainty": "Entropy is 1 when every candidate is as probable as any other, 0 when all "
        "blocks are decided; confidence is the mean probability of the most probable candidate; "
        "skips is the mean probability of leaving a block out.",
    }
    pictures = [
        _draw_curves(f"search-{name}", f"Search: {name}", captions[name], times, curves, start)
        for name, curves in panels.items()
    ]
    pictures.append(_draw_latency(search, times, start))
    if start is None:
        return pictures
    dotted = "The dotted line is where the warm-up of the weights ends."
    return [replace(picture, caption=f"{picture.caption} {dotted}") for picture in pictures]


def draw_training(training: Training) -> Picture:
    """Draw the training loss of the final network."""
    curve = Curve("training loss", [epoch.loss for epoch in training.epochs], VERMILION)
    times = [epoch.epoch for epoch in training.epochs]
    caption = "Cross-entropy of the final network on its training images, mean of each epoch."
    return _draw_curves("train-loss", "Training: loss", caption, times, [curve], None)


def describe(curve: Curve) -> str:
    """Return a sentence that states where a curve began and ended."""
    values = [value for value in curve.values if value is not None and math.isfinite(value)]
    if not values:
        return f"No {curve.label} was measured."
    first, last = values[0], values[-1]
    name = curve.label[0].upper() + curve.label[1:]
    if math.isclose(first, last, rel_tol=0.005):
        return f"{name} began and ended at {last:.3g}."
    verb = "rose" if last > first else "fell"
    lost = math.isnan(curve.values[-1] or 0.0)
    then = ", then was not a number" if lost else ""
    return f"{name} {verb} from {first:.3g} to {last:.3g}{then}."


def _draw_curves(
    name: str,
    title: str,
    caption: str,
    times: Sequence[int],
    curves: Sequence[Curve],
    start: int | None,
) -> Picture:
    def plot(figure: Figure) -> None:
        axes = _axes(figure, start)
        for curve in curves:
            _plot_curve(axes, times, curve)
        figure.legend(loc="outside upper left", ncols=3, **TIGHT)

    description = " ".join(describe(curve) for curve in curves)
    return Picture(name, title, description, caption, (Drawing(name, WIDTH, HEIGHT, plot),))


def _draw_latency(search: Search, times: Sequence[int], start: int | None) -> Picture:
    name, result = "search-latency", search.result
    expected = Curve("expected", [epoch.expected_ms for epoch in search.epochs], BLUE)

    def plot(figure: Figure) -> None:
        axes = _axes(figure, start)
        _plot_curve(axes, times, expected)
        if result.target_ms is not None:
            axes.axhline(result.target_ms, color=VERMILION, ls="--", label="target")
        axes.plot(
            times[-1], result.predicted_ms,
            "D", color=GREEN, ms=8, mec=INK, mew=0.8, label="derived network", clip_on=False,
        )  # fmt: skip
        axes.set_ylabel("ms")
        highest = [value for value in expected.values if value is not None]
        axes.set_ylim(0, 1.1 * max(*highest, result.predicted_ms, result.target_ms or 0.0))
        figure.legend(loc="outside upper left", ncols=3, **TIGHT)

    target = f"The target is {result.target_ms:.3g} ms and the" if result.target_ms else "The"
    description = (
        f"{describe(Curve('expected latency in ms', expected.values, BLUE))} {target} derived "
        f"network is predicted to take {result.predicted_ms:.3g} ms."
    )
    against = ", against the target" if result.target_ms else ""
    caption = f"Latency expected over all paths, from the table{against}."
    drawing = Drawing(name, WIDTH, HEIGHT, plot)
    return Picture(name, "Search: expected latency", description, caption, (drawing,))


def _axes(figure: Figure, start: int | None) -> Axes:
    figure.set_layout_engine("constrained")
    axes = figure.add_subplot()
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    if start is not None:
        axes.axvline(start, color=INK, lw=0.9, ls=":")
    return axes


def _plot_curve(axes: Axes, times: Sequence[int], curve: Curve) -> None:
    points = [
        (time, value) for time, value in zip(times, curve.values, strict=True) if value is not None
    ]
    if points:
        marker = "o" if len(points) == 1 else ""
        axes.plot(
            *zip(*points, strict=True),
            color=curve.colour, ls=curve.style, marker=marker, label=curve.label,
        )  # fmt: skip
