"""Numbers as text: shares, milliseconds, and how far these may be off."""


def percent(share: float | None) -> str | None:
    """Write a share as a percentage, where there is one."""
    return None if share is None else f"{share:.2%}"


def milliseconds(value: float | None) -> str:
    """Write a latency with four digits."""
    return "-" if value is None else f"{value:.4g} ms"


def with_error(ms: float, relative_error: float | None) -> str:
    """Write milliseconds with the half width of their 90 % interval, where there is one."""
    return milliseconds(ms) + (f" ± {relative_error:.1%}" if relative_error is not None else "")
