"""Styles for results of early releases, which hold labels of candidates but no styles."""

import re

from search_spaces import Style

LABEL = re.compile(r"(?:MB(?P<expansion>\d+)|(?P<head>.*))_(?P<kernel>\d+)x\d+")


def style_of_label(label: str) -> Style:
    """Return the style of an operation, derived from its label."""
    match = LABEL.fullmatch(label)
    if match is None:
        return Style.left_out(label)
    kernel = int(match["kernel"])
    lines = (label.rpartition("_")[0], f"{kernel}x{kernel}")
    if match["expansion"] is None:
        return Style(match["head"], size=kernel, lines=lines)
    expansion = int(match["expansion"])
    return Style("MBConv", f"expansion {expansion}", expansion, kernel, lines)
