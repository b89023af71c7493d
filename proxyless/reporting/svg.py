"""Matplotlib drawings as inline SVG with the page's font and colours."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

from markupsafe import Markup
from matplotlib.figure import Figure

from .colours import INK, PAPER, WARNING
from .style import make_plain, styled

_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@dataclass(frozen=True)
class Drawing:
    """A part of a picture: its size in CSS pixels, and a function that draws it on a figure."""

    name: str
    width: float
    height: float
    plot: Callable[[Figure], None]

    def inline(self, place: str = "") -> Markup:
        """Return inline SVG; the output is deterministic.

        ``place`` and the drawing's name must together be unique on the page, because ids are
        derived from them.
        """
        with styled(f"{place}{self.name}"):
            figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72)
            self.plot(figure)
            make_plain(figure)
            text = StringIO()
            figure.savefig(text, format="svg", transparent=True, metadata=_NO_METADATA)
        return _inline(text.getvalue(), self.width, self.height)


def _inline(text: str, width: float, height: float) -> Markup:
    body = text[text.index(">", text.index("<svg")) + 1 :]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r"; font-family: [^;\"]*", "", body)
    referenced = set(re.findall(r'(?:url\(|href=")#([^)"]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in referenced else "", body)
    body = body.replace(INK, "currentColor").replace(PAPER, "var(--paper)")
    body = body.replace(WARNING, "var(--warning)")
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    namespace = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    return Markup(f'<svg {size} {namespace} aria-hidden="true" focusable="false">{body.strip()}')
