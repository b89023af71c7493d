"""What every verb prints with: tables and sentences for people, JSON for machines."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import typer

from .columns import Column, Row, pair_lines, table_lines
from .text import fold, plain

if TYPE_CHECKING:
    from latency import Check

USUAL_WIDTH = 80
"""Of a terminal that does not say how wide it is."""
INDENT = " "


def show_json(data: Any) -> None:
    """Print one JSON value."""
    print(json.dumps(data))


def show(
    title: str,
    facts: Mapping[str, object],
    as_json: bool,
    data: Any = None,
    then: str | None = None,
) -> None:
    """Print a summary: ``facts`` side by side, or ``data`` (default: the facts) as JSON.

    ``then`` is the command that comes next: one line however long, so that it can be copied.
    """
    if as_json:
        show_json(dict(facts) if data is None else data)
        return
    width = _width_of(sys.stdout)
    pairs = [(plain(name), plain(value)) for name, value in facts.items()]
    _write_block(title, pair_lines(pairs, _inner(width)), width)
    if then is not None:
        _write(sys.stdout, [f"next: {plain(then)}", ""])


def show_rows(
    title: str, rows: Sequence[Row], columns: Sequence[Column[Row]], wide: bool = False
) -> None:
    """Print rows for people; ``wide`` is for every column, however long the lines become."""
    width = _width_of(sys.stdout)
    lines = table_lines(columns, rows, _inner(width), wide) if rows else ["none"]
    _write_block(title, lines, width)


def say(sentence: str, warning: bool = False) -> None:
    """Print a sentence to standard error, folded between words where that is a terminal."""
    lines = fold(plain(sentence), _width_of(sys.stderr))
    _write(sys.stderr, lines, **({"fg": "yellow"} if warning else {}))


def milliseconds(value: float | None) -> str:
    """Write a latency with four digits."""
    return "-" if value is None else f"{value:.4g} ms"


def with_error(ms: float, relative_error: float | None) -> str:
    """Write milliseconds with the half width of their 90 % interval, where there is one."""
    return milliseconds(ms) + (f" ± {relative_error:.1%}" if relative_error is not None else "")


def say_changed(found: "Check") -> None:
    """Warn that a device is not as it was when the profile that grows now was measured."""
    moved = f"{found.drift:.2f} times as long as when this profile was measured"
    if found.verdict == "changed":
        moved += f", some operations {found.spread:.0%} apart from that"
    say(
        f"The device takes {moved}: what is measured now will not go with what the table holds. "
        "Stop (Ctrl-C) and wait until the device is as it was, or use another table.",
        warning=True,
    )


def _width_of(stream: TextIO) -> int | None:
    """Return how many cells a line may have; None for a pipe or a file, where nothing is folded.

    The variable COLUMNS, where it is exported, holds for everything.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_WIDTH
    except OSError:
        return USUAL_WIDTH


def _inner(width: int | None) -> int | None:
    return None if width is None else max(width - len(INDENT), 1)


def _write_block(title: str, lines: Sequence[str], width: int | None) -> None:
    """Print a title, what belongs to it, and an empty line."""
    _write(sys.stdout, fold(plain(title), width), bold=True)
    _write(sys.stdout, [INDENT + line if line else "" for line in lines] + [""])


def _write(stream: TextIO, lines: Sequence[str], **style: Any) -> None:
    text = _encodable("\n".join(lines), stream.encoding)
    styled = style and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    typer.echo(typer.style(text, **style) if styled else text, file=stream)


def _encodable(text: str, encoding: str | None) -> str:
    """Return what a stream of an older encoding can take of a text."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        text = text.replace("─", "-")
        return text.encode(str(encoding), "backslashreplace").decode(str(encoding))
    return text
