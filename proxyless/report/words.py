"""Figures as people read them."""


def milliseconds(value: float) -> str:
    """Return three significant digits and the unit."""
    return f"{value:,.0f} ms" if value >= 1000 else f"{value:.3g} ms"


def percent(share: float) -> str:
    """Write a share of 1 with two decimals."""
    return f"{100 * share:.2f} %"


def quantity(count: int) -> str:
    """Return three significant digits with k, M or G."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            scaled = count / size
            return f"{scaled:.0f} {unit}" if scaled >= 100 else f"{scaled:.3g} {unit}"
    return str(count)


def duration(seconds: float) -> str:
    """Return seconds, minutes or hours, whichever reads best."""
    if seconds < 100:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def plural(count: int, noun: str) -> str:
    """Return "1 epoch" or "2 epochs"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
