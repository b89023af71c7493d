"""The picture of the Pareto set: accuracy over predicted latency."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .colours import BLUE, GREEN, INK
from .curves import HEIGHT, WIDTH
from .formatting import milliseconds, percent
from .picture import Picture
from .records import Search
from .style import TIGHT
from .svg import Drawing


def draw_pareto(search: Search) -> Picture | None:
    """Draw accuracy with the supernet's weights over predicted latency; None without networks."""
    result, points = search.result, search.result.pareto
    if not points:
        return None
    best = [point for point in points if not point.dominated]
    dominated = [point for point in points if point.dominated]

    def plot(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        axes = figure.add_subplot()
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.plot(
            [p.predicted_ms for p in best], [100 * p.supernet_accuracy for p in best],
            "-o", color=BLUE, label="not dominated",
        )  # fmt: skip
        if dominated:
            axes.plot(
                [p.predicted_ms for p in dominated], [100 * p.supernet_accuracy for p in dominated],
                "o", mfc="none", color=INK, label="dominated",
            )  # fmt: skip
        if result.supernet_accuracy is not None:
            axes.plot(
                result.predicted_ms, 100 * result.supernet_accuracy,
                "D", color=GREEN, ms=8, mec=INK, mew=0.8, label="derived network",
            )  # fmt: skip
        axes.set_xlabel("predicted ms")
        axes.set_ylabel("% right")
        slowest = max(result.predicted_ms, *(p.predicted_ms for p in points))
        axes.set_xlim(0, 1.05 * slowest)
        figure.legend(loc="outside upper left", ncols=2, **TIGHT)

    description = "; ".join(
        f"{milliseconds(p.predicted_ms)}: {percent(p.supernet_accuracy)}" for p in points
    )
    caption = (
        "Networks from fast to slow, each with the supernet's weights on held-out images: good for "
        "comparing them, far below what training from scratch gives. Times begin at 0, "
        "accuracies do not."
    )
    name = "search-pareto"
    drawing = Drawing(name, WIDTH, HEIGHT, plot)
    return Picture(name, "Search: from fast to slow", f"{description}.", caption, (drawing,))
