"""Matplotlib drawings as inline SVG that takes on the page's font and colours."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any, Literal

from markupsafe import Markup
from matplotlib.figure import Figure

from .colours import INK, PAPER
from .style import styled

_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@dataclass(frozen=True)
class Picture:
    """A figure of the page: one or more drawings that together say one thing.

    ``description`` states the finding for readers who cannot see it; ``caption`` says how to
    read it; ``legend`` pairs labels with colours.
    """

    title: str
    description: str
    caption: str
    drawings: tuple[Markup, ...]
    legend: tuple[tuple[str, str], ...] = ()
    layout: Literal["chart", "grid", "strip"] = "chart"


def draw(name: str, width: float, height: float, plot: Callable[[Any], None]) -> Markup:
    """Let ``plot`` fill a Matplotlib figure of so many CSS pixels; return it as inline SVG.

    The same input gives the same text. ``name`` must be unique in the page: ids derive from it.
    """
    with styled(name):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        plot(figure)
        text = StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata=_NO_METADATA)
    return _inline(text.getvalue(), width, height)


def _inline(text: str, width: float, height: float) -> Markup:
    body = text[text.index(">", text.index("<svg")) + 1 :]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r"; font-family: [^;\"]*", "", body)
    referenced = set(re.findall(r'(?:url\(|href=")#([^)"]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in referenced else "", body)
    body = body.replace(INK, "currentColor").replace(PAPER, "var(--paper)")
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    namespace = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    return Markup(f'<svg {size} {namespace} aria-hidden="true" focusable="false">{body.strip()}')
