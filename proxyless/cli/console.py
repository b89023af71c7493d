"""Printing to the console: tables and sentences, or JSON for other programs."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

import typer

from .columns import Column, Row, pair_lines, table_lines
from .terminal_text import fold, printable

USUAL_WIDTH = 80
"""Cells of a terminal that does not report its width."""
INDENT = " "


def show_json(data: object) -> None:
    """Print one JSON value."""
    print(json.dumps(data))


def show(
    title: str,
    facts: Mapping[str, object],
    as_json: bool,
    data: object = None,
    then: str | None = None,
) -> None:
    """Print a summary: ``facts`` side by side, or ``data`` (default: the facts) as JSON.

    ``then`` is the command that comes next: one line however long, so that it can be copied.
    """
    if as_json:
        show_json(dict(facts) if data is None else data)
        return
    width = _width_of(sys.stdout)
    pairs = [(printable(name), printable(value)) for name, value in facts.items()]
    _write_block(title, pair_lines(pairs, _inner(width)), width)
    if then is not None:
        _write(sys.stdout, [f"next: {printable(then)}", ""])


def show_rows(
    title: str, rows: Sequence[Row], columns: Sequence[Column[Row]], wide: bool = False
) -> None:
    """Print rows as a table; ``wide`` shows every column, however long the lines become."""
    width = _width_of(sys.stdout)
    lines = table_lines(columns, rows, _inner(width), wide) if rows else ["none"]
    _write_block(title, lines, width)


def print_message(sentence: str, warning: bool = False) -> None:
    """Print a sentence to standard error, folded between words where that is a terminal."""
    lines = fold(printable(sentence), _width_of(sys.stderr))
    _write(sys.stderr, lines, colour="yellow" if warning else None)


def print_lines(lines: Sequence[str], error: bool = False) -> None:
    """Print lines as they are, however long: on standard output, or standard error."""
    _write(sys.stderr if error else sys.stdout, [printable(line) for line in lines])


def _width_of(stream: TextIO) -> int | None:
    """Return how many cells a line may have; None for a pipe or a file, where nothing is folded.

    The variable COLUMNS, where it is exported and a number of up to four digits, holds for
    everything.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and len(columns) < 5 and int(columns):
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
    _write(sys.stdout, fold(printable(title), width), bold=True)
    _write(sys.stdout, [INDENT + line if line else "" for line in lines] + [""])


def _write(
    stream: TextIO, lines: Sequence[str], bold: bool | None = None, colour: str | None = None
) -> None:
    text = _encodable("\n".join(lines), stream.encoding)
    styled = (bold or colour) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    typer.echo(typer.style(text, fg=colour, bold=bold) if styled else text, file=stream)


def _encodable(text: str, encoding: str | None) -> str:
    """Return what a stream of an older encoding can take of a text."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        text = text.replace("─", "-")
        return text.encode(str(encoding), "backslashreplace").decode(str(encoding))
    return text
