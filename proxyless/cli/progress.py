"""How far a verb is, on standard error while it works."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from .console import print_message
from .terminal_text import cell_len, printable

if TYPE_CHECKING:
    from ..runs.phase_directory import LogLine

SECONDS_APART = 30.0
"""Between two lines in a log; on a terminal there is a bar."""
LONGEST_NAME = 16
"""Cells for what is being done; the bar and what follows need the rest of 80."""


def working(name: str) -> AbstractContextManager[object]:
    """Show that something is at work, where nobody knows how long it takes."""
    from rich.console import Console
    from rich.text import Text

    return Console(stderr=True).status(Text(printable(name)))


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[..., None]]:
    """Show a bar with the time left on standard error; yields ``update(done, total, record)``.

    The bar appears with the first update, so that bad input leaves its sentence alone. A record is
    an epoch's log line, shown behind the bar.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(printable(description))
        return
    progress = Progress(*columns, console=console)
    task = progress.add_task(_shortened(printable(description)), total=None, note="")

    def update(done: int, total: int, record: "LogLine | None" = None) -> None:
        progress.start()
        progress.update(task, completed=done, total=total)
        if record is not None:
            progress.update(task, note=_note(record))

    try:
        yield update
    finally:
        if progress.live.is_started:
            progress.stop()


def _lines(description: str) -> Callable[..., None]:
    """Return an update that prints a line now and then, for logs: the first after a while."""
    printed = time.monotonic()

    def update(done: float, total: float, record: "LogLine | None" = None) -> None:
        nonlocal printed
        if time.monotonic() - printed < SECONDS_APART:
            return
        printed = time.monotonic()
        note = f", {_note(record)}" if record is not None else ""
        print_message(f"{description}: {done / total:.0%}{note}")

    return update


def _note(record: "LogLine") -> str:
    """Return an epoch's figures; of several devices the range of latencies and least confidence."""
    parts = [f"accuracy {record['accuracy']:.1%}"]
    devices = record.get("devices", [record])
    if "expected_ms" in devices[0]:
        parts.append(_range([device["expected_ms"] for device in devices]) + " ms")
        parts.append(f"confidence {min(device['confidence'] for device in devices):.2f}")
    return ", ".join(parts)


def _range(values: Sequence[float]) -> str:
    least, most = f"{min(values):.4g}", f"{max(values):.4g}"
    return least if least == most else f"{least} to {most}"


def _shortened(name: str) -> str:
    if cell_len(name) <= LONGEST_NAME:
        return name
    end = name
    while cell_len(end) >= LONGEST_NAME:
        end = end[1:]
    return "…" + end
