"""The style of every figure, independent of the user's Matplotlib settings, and its text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.text import Text

from search_spaces.plain_text import printable

from .colours import INK

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

Look = dict[str, Any]
"""Keyword arguments that several Matplotlib calls share."""

STYLE: "dict[RcKeyType, Any]" = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 1.7,
}

TIGHT = {"handlelength": 1.3, "handletextpad": 0.5, "columnspacing": 1.2}
"""Legend settings for several entries within the width of a chart."""


@contextmanager
def styled(name: str) -> Iterator[None]:
    """Draw and save in the project's style; ids in an SVG are derived from ``name``."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**STYLE, "svg.hashsalt": name})
        yield


def make_plain(figure: Figure) -> None:
    """Spell out what neither a font nor an SVG can hold in the texts of a figure: before saving."""
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_text("\n".join(map(printable, text.get_text().split("\n"))))
