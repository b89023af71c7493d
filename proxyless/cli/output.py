"""What every verb prints with: tables and progress for people, JSON for machines."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from latency import Check

UNBROKEN = {"file", "runtime", "schedule"}
"""Columns whose cells are one word each."""
people = Console(stderr=True)


def show(title: str, facts: Mapping[str, object], as_json: bool, data: Any = None) -> None:
    """Print a summary: ``facts`` as a table, or ``data`` (default: the facts) as JSON."""
    if as_json:
        print(json.dumps(dict(facts) if data is None else data))
        return
    table = Table(title=title, show_header=False, title_justify="left")
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, str(value))
    Console().print(table)


def show_rows(title: str, rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print rows of equal keys: as a table, or as a JSON list."""
    if as_json:
        print(json.dumps(rows))
        return
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold", no_wrap=name in UNBROKEN)
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console().print(table)


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[..., None]]:
    """Show a bar with the time left on standard error; yields ``update(done, total, record)``.

    The bar appears with the first update, so that bad input leaves its sentence alone. A record is
    an epoch's log line, shown behind the bar.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
    )
    progress = Progress(*columns, console=people)
    task = progress.add_task(description, total=None, note="")

    def update(done: int, total: int, record: dict[str, Any] | None = None) -> None:
        progress.start()
        progress.update(task, completed=done, total=total)
        if record is not None:
            progress.update(task, note=_note(record))

    try:
        yield update
    finally:
        if progress.live.is_started:
            progress.stop()


def milliseconds(value: float | None) -> str:
    """Write a latency with four digits."""
    return "-" if value is None else f"{value:.4g} ms"


def with_error(ms: float, relative_error: float | None) -> str:
    """Write milliseconds with the half width of their 90 % interval, where there is one."""
    return milliseconds(ms) + (f" ± {relative_error:.1%}" if relative_error is not None else "")


def _note(record: dict[str, Any]) -> str:
    words = [f"accuracy {record['accuracy']:.1%}"]
    devices = record.get("devices", [record])
    if "expected_ms" in devices[0]:
        words.append(" / ".join(f"{one['expected_ms']:.4g}" for one in devices) + " ms")
        words.append("confidence " + " / ".join(f"{one['confidence']:.2f}" for one in devices))
    return ", ".join(words)


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)


def say_changed(found: "Check") -> None:
    """Warn that a device is not as it was when the profile that grows now was measured."""
    moved = f"{found.drift:.2f} times as long as when this profile was measured"
    if found.verdict == "changed":
        moved += f", some operations {found.spread:.0%} apart from that"
    people.print(
        f"The device takes {moved}: what is measured now will not go with what the table holds. "
        "Stop (Ctrl-C) and wait until the device is as it was, or use another table.",
        style="yellow",
    )
