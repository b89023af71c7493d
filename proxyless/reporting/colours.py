"""The page's colours: Okabe and Ito's palette, which colour-blind readers can distinguish."""

from search_spaces import Style

INK = "#010203"
"""Placeholder for the page's text colour in a drawing."""
PAPER = "#fcfdfe"
"""Placeholder for the page's background colour in a drawing."""
WARNING = "#b34601"
"""Placeholder for the page's warning colour in a drawing; has the contrast of small text."""
GREY = "#b4bac2"
LABEL_INK = "#111418"
"""Text on a coloured block, in light and dark mode alike."""

BLUE, VERMILION, GREEN = "#1482c8", "#d55e00", "#009e73"

HUES = ("#6fa8d6", "#cc79a7", "#009e73", "#56b4e9", "#f0e442", "#d55e00", "#e69f00")


def family_colour(style: Style) -> str:
    """Return the colour of an operation, the same for all kernels; grey without a hue."""
    return GREY if style.hue is None else HUES[style.hue % len(HUES)]


def candidate_colour(style: Style) -> str:
    """Return the colour of an operation, darker for larger kernels."""
    if style.hue is None:
        return GREY
    return shade(family_colour(style), (style.size - 5) * 0.21)


def shade(colour: str, amount: float) -> str:
    """Mix a colour with black (``amount`` > 0) or white (< 0), by a share of at most 0.8."""
    share = min(abs(amount), 0.8)
    target = 0 if amount > 0 else 255
    channels = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    return "#" + "".join(
        f"{round(channel + (target - channel) * share):02x}" for channel in channels
    )
