"""Numbers, units and names as text."""

from collections.abc import Iterable, Sequence

TIMES = "\N{MULTIPLICATION SIGN}"
NOTHING = "\N{EN DASH}"
"""The text of a table's cell without a value."""


def milliseconds(value: float, digits: int = 3) -> str:
    """Format milliseconds with so many significant digits and the unit."""
    return f"{value:,.0f} ms" if value >= 10**digits else f"{value:.{digits}g} ms"


def with_error(ms: float, relative_error: float | None) -> str:
    """Format a prediction and the half width of its 90 % interval, if it is known."""
    stated = "" if relative_error is None else f" ± {100 * relative_error:.1f} %"
    return f"{milliseconds(ms)}{stated}"


def megabytes(count: int) -> str:
    """Format a number of bytes in MB (10^6 bytes)."""
    return f"{count / 1e6:.1f} MB"


def percent(share: float) -> str:
    """Format a share (0 to 1) as a percentage with two decimals."""
    return f"{100 * share:.2f} %"


def quantity(count: int) -> str:
    """Format a count with three significant digits and k, M or G."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            scaled = count / size
            return f"{scaled:.0f} {unit}" if scaled >= 100 else f"{scaled:.3g} {unit}"
    return str(count)


def duration(seconds: float) -> str:
    """Format a duration in seconds, minutes or hours, by its size."""
    if seconds < 100:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def plural(count: int, noun: str) -> str:
    """Return "1 epoch" or "2 epochs"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def pretty(label: str) -> str:
    """Format an operation's label such as MB6_5x5 with a blank and a multiplication sign."""
    head, _, kernel = label.partition("_")
    return f"{head} {kernel.replace('x', TIMES)}" if kernel else label


def shape_text(shape: Iterable[int]) -> str:
    """Join sizes by multiplication signs."""
    return TIMES.join(str(size) for size in shape)


def distinguishing_names(facts: Sequence[Sequence[str]]) -> list[str]:
    """Return a name per row: its first fact, and the further facts that distinguish the rows."""
    columns = [0]
    for column in range(1, len(facts[0])):
        names = {tuple(row[index] for index in columns) for row in facts}
        if len(names) < len({tuple(row[index] for index in (*columns, column)) for row in facts}):
            columns.append(column)
    return [", ".join(row[index] for index in columns) for row in facts]


def amount(value: float, unit: str) -> str:
    """Format a budget's value in its unit: milliseconds as such, counts with k, M or G."""
    return milliseconds(value) if unit == "ms" else f"{quantity(round(value))} {unit}"


def listed(items: Sequence[str]) -> str:
    """Join items as in a sentence: "1, 2 and 3"."""
    *before, last = items
    return f"{', '.join(before)} and {last}" if before else last
