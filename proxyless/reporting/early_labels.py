"""What candidates of early results look like: those say labels and no styles."""

import re

from search_spaces import Style

LABEL = re.compile(r"(?:MB(?P<expansion>\d+)|(?P<head>.*))_(?P<kernel>\d+)x\d+")


def style_of_label(label: str) -> Style:
    """Return the style that an operation of this label had when results only named labels."""
    found = LABEL.fullmatch(label)
    if found is None:
        return Style.left_out(label)
    kernel = int(found["kernel"])
    lines = (label.rpartition("_")[0], f"{kernel}x{kernel}")
    if found["expansion"] is None:
        return Style(found["head"], size=kernel, lines=lines)
    expansion = int(found["expansion"])
    return Style("MBConv", f"expansion {expansion}", expansion, kernel, lines)
