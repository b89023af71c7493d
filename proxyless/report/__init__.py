"""Pictures of what was found: a page about one run, and what blocks cost on devices.

Matplotlib and Jinja take most of a second to import: they are when something is drawn.
"""

from collections.abc import Sequence
from pathlib import Path

from latency import Predictor


def write_report(run: Path) -> Path:
    """Write RUN/report.html, one self-contained page, and return its path.

    Raises:
        InputError: the folder holds neither a finished search nor a finished training, or one
            of its files is damaged.
    """
    from .page import write_page

    return write_page(run)


def write_relative_costs(predictors: Sequence[Predictor], path: Path) -> str:
    """Draw one panel a position, one line a profile; return what the picture says.

    ``path`` ends in .png or .svg; its alternative text is the picture's description.

    Raises:
        InputError: nothing to draw, too many profiles, or a file that cannot be written.
    """
    from .relative_costs import draw_relative_costs

    return draw_relative_costs(predictors, path).description


__all__ = ["write_relative_costs", "write_report"]
