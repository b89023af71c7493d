"""The width of a block in pictures, a function of its kernel."""


def box_width(kernel: int) -> float:
    """Return the width of a box in CSS pixels; kernel 0 stands for a skipped block."""
    return 30.0 + 6.0 * kernel if kernel else 18.0
