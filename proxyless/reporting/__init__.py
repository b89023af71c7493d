"""Pictures of what was found: a page about runs, and what blocks cost on devices.

Matplotlib and Jinja take most of a second to import: they are when something is drawn.
"""

from collections.abc import Sequence
from pathlib import Path

from latency import Predictor


def write_report(
    runs: Sequence[Path] | Path, output: Path | None = None, figures: Path | None = None
) -> Path:
    """Write one self-contained page about one run, or about several and how they compare.

    A run that holds a network for each of several devices counts as those.

    Args:
        runs: run directories.
        output: the page; report.html in the run, or in the folder of the first of several.
        figures: a folder for every picture of the page, as SVG and as PNG.

    Returns:
        The page's path.

    Raises:
        InputError: a folder holds neither a finished search nor a finished training, one of its
            files is damaged, or something cannot be written.
    """
    from .page import write_page

    return write_page([runs] if isinstance(runs, Path) else runs, output, figures)


def write_relative_costs(predictors: Sequence[Predictor], path: Path) -> str:
    """Draw one panel a position, one line a profile; return what the picture says.

    ``path`` ends in .png or .svg; its alternative text is the picture's description.

    Raises:
        InputError: nothing to draw, too many profiles, or a file that cannot be written.
    """
    from .relative_costs import draw_relative_costs

    return draw_relative_costs(predictors, path)


__all__ = ["write_relative_costs", "write_report"]
