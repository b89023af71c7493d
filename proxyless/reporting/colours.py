"""The page's colours: Okabe and Ito's palette, which colour-blind readers tell apart."""

from search_spaces import Style

INK = "#010203"
"""Stands for the page's text colour in a drawing."""
PAPER = "#fcfdfe"
"""Stands for the page's background in a drawing."""
WARNING = "#b34601"
"""Stands in a drawing for the page's colour of what is to be noticed; readable as small text."""
GREY = "#b4bac2"
LABEL_INK = "#111418"
"""Text on a coloured block, in light and dark mode alike."""

BLUE, VERMILION, GREEN = "#1482c8", "#d55e00", "#009e73"

HUES = ("#6fa8d6", "#cc79a7", "#009e73", "#56b4e9", "#f0e442", "#d55e00", "#e69f00")


def family_colour(style: Style) -> str:
    """Return the colour of an operation and those like it but for the kernel; grey has no hue."""
    return GREY if style.hue is None else HUES[style.hue % len(HUES)]


def candidate_colour(style: Style) -> str:
    """Return the hue, darker for larger kernels."""
    if style.hue is None:
        return GREY
    return shade(family_colour(style), (style.size - 5) * 0.21)


def shade(colour: str, amount: float) -> str:
    """Mix with black (``amount`` above 0) or white (below 0), by at most 0.8 of it."""
    share = min(abs(amount), 0.8)
    towards = 0 if amount > 0 else 255
    parts = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (towards - part) * share):02x}" for part in parts)
