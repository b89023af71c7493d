"""The warning that a device is not as it was when its profile was begun."""

from typing import TYPE_CHECKING

from .console import print_message

if TYPE_CHECKING:
    from latency import Check


def warn_of_changed_device(check: "Check") -> None:
    """Warn that a device is not as it was when the profile that grows now was measured."""
    moved = f"{check.drift:.2f} times as long as when this profile was measured"
    if check.verdict == "changed":
        moved += f", some operations {check.spread:.0%} apart from that"
    print_message(
        f"The device takes {moved}: what is measured now will not go with what the table holds. "
        "Stop (Ctrl-C) and wait until the device is as it was, or use another table.",
        warning=True,
    )
