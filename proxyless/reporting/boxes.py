"""How wide a block is drawn: by its kernel, in every picture alike."""


def box_width(kernel: int) -> float:
    """Return the CSS pixels of a box; kernel 0 stands for a block that is left out."""
    return 30.0 + 6.0 * kernel if kernel else 18.0
