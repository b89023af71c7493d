"""A published table as rows, whatever it is written in: JSON, YAML, or columns of text.

What stands in it is not looked at here; see :mod:`.columns`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from search_spaces import InputError
from search_spaces.outside import DEEPEST, parse_json
from search_spaces.sheet import MOST_ROWS, parse_sheet

KEY_LIKE = re.compile(r"\w{1,100}-input:\S{1,1000}")
"""What keys of published tables begin with."""
BARE = "latency"
"""The column of a table that gives each key a number alone."""
Syntax = Literal["columns", "keys"]
_MAPPING_LINE = re.compile(r"[^,;\t]*:(\s|$)|---|%YAML")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Row:
    """One entry: its key, its place in sentences, and its values by column: numbers or text."""

    key: str
    place: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Rows:
    """A published table; ``syntax`` says whether it has columns, or rows below their keys.

    ``table`` is the name of the one that was taken, where a file holds several.
    """

    source: str
    syntax: Syntax
    rows: tuple[Row, ...]
    table: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.values))

    def has_fields(self, *fields: str) -> bool:
        """Return whether some key has one of these fields."""
        return any(f"-{field}:" in row.key for row in self.rows for field in fields)


def parse_published(text: str, source: str, device: str, column: str | None = None) -> Rows:
    """Read the rows of a text; ``source`` is its file in sentences.

    ``device`` chooses among rows of several devices, if a column names them; ``column`` among
    several tables in one.

    Raises:
        InputError: it is empty, of no known syntax, or holds no published keys.
    """
    if not text.strip():
        raise InputError(f"{source} is empty: there is nothing to import")
    data = _data(text, source)
    if data is None:
        rows = Rows(source, "columns", tuple(_of_sheet(text, source, device)))
    elif isinstance(data, list):
        records = [
            _mapping(record, f"{source}, row {number}") for number, record in enumerate(data, 1)
        ]
        places = [f"{source}, row {number}" for number in range(1, len(records) + 1)]
        rows = Rows(source, "columns", tuple(_of_records(records, places, source, device)))
    else:
        rows = _of_mapping(data, source, device, column)
    if not rows.rows:
        raise InputError(f"{source} is empty: there is nothing to import")
    if len(rows.rows) > MOST_ROWS:
        raise InputError(f"{source} has more than {MOST_ROWS} rows: divide it")
    return rows


def _data(text: str, source: str) -> Any:
    """Return what JSON or YAML holds; None if the text is columns."""
    if text.lstrip()[0] in "{[":
        try:
            return parse_json(text, source, infinite=True)
        except InputError as error:
            try:
                return _yaml(text, source)
            except InputError:
                raise error from None
    lines = (line.strip() for line in text.split("\n"))
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if _MAPPING_LINE.match(first) or first.startswith("- "):
        return _yaml(text, source)
    return None


def _of_sheet(text: str, source: str, device: str) -> Iterator[Row]:
    sheet = parse_sheet(text, source)
    columns = {name: sheet.numbers(name) for name in sheet.columns}
    records = [
        {name: cells[number] for name, cells in columns.items()}
        for number in range(len(sheet.rows))
    ]
    places = [f"{source}, line {row.line}" for row in sheet.rows]
    return _of_records(records, places, source, device)


def _of_records(
    records: Sequence[Mapping[str, object]], places: Sequence[str], source: str, device: str
) -> Iterator[Row]:
    """Yield the rows of records, one column of which holds the keys."""
    if not records:
        return
    names = list(dict.fromkeys(name for record in records for name in record))
    of_keys = [name for name in names if _holds_keys(record.get(name) for record in records)]
    if len(of_keys) != 1:
        found = "in several columns" if of_keys else "in none of its columns"
        raise InputError(
            f"{source} has {found} ({_listed(names)}) keys like LAYER-input:HxWxC-output:HxWxC, "
            "which every format needs: name a latency table of ProxylessNAS or once-for-all"
        )
    (key_column,) = of_keys
    chosen = _of_device(records, names, source, device)
    for record, place in zip(records, places, strict=True):
        if chosen is not None and record.get(chosen) != device:
            continue
        key = record.get(key_column)
        values = {name: value for name, value in record.items() if name not in (key_column, chosen)}
        yield Row(key if isinstance(key, str) else repr(key), place, values)


DEVICE_COLUMNS = ("device", "device_name", "hardware", "platform", "target")
"""Names of columns that say on which device a row was measured."""


def _of_device(
    records: Sequence[Mapping[str, object]], names: Sequence[str], source: str, device: str
) -> str | None:
    """Return the column that names devices, if rows are of several; check that one is meant."""
    for name in names:
        if name.casefold() in DEVICE_COLUMNS:
            devices = sorted({str(record.get(name)) for record in records})
            if len(devices) > 1 and device not in devices:
                raise InputError(
                    f"{source} has rows of several devices in its column {name!r} "
                    f"({_listed(devices)}): give one of them as `device`"
                )
            return name if len(devices) > 1 else None
    return None


def _of_mapping(data: Mapping[str, object], source: str, device: str, column: str | None) -> Rows:
    """Return the rows of keys with numbers below them, or of columns, or of tables by device."""
    if not data:
        raise InputError(f"{source} is empty: there is nothing to import")
    if any(KEY_LIKE.match(key) for key in data):
        return Rows(source, "keys", tuple(_keyed(data, source)))
    if transposed := _transposed(data):
        places = [f"{source}, row {number}" for number in range(1, len(transposed) + 1)]
        return Rows(source, "columns", tuple(_of_records(transposed, places, source, device)))
    tables = {
        name: table
        for name, table in data.items()
        if isinstance(table, Mapping) and any(KEY_LIKE.match(str(key)) for key in table)
    }
    if not tables:
        raise InputError(
            f"{source} has keys like {_listed(list(data))} but none like "
            "LAYER-input:HxWxC-output:HxWxC, which every format needs: name a latency table of "
            "ProxylessNAS or once-for-all"
        )
    if column not in tables and len(tables) > 1:
        raise InputError(
            f"{source} holds several tables ({_listed(list(tables))}): name one with `column`"
        )
    name = column if column in tables else next(iter(tables))
    rows = tuple(_keyed(tables[name], f"{source}, {name:.60}"))
    return Rows(source, "keys", rows, name)


def _keyed(data: Mapping[str, object], source: str) -> Iterator[Row]:
    for key, value in data.items():
        place = f"{source}, key {key:.200}"
        if not KEY_LIKE.match(key):
            raise InputError(
                f"{place}: it has keys of a latency table, but this is not a published key: they "
                "look like LAYER-input:HxWxC-output:HxWxC"
            )
        yield Row(key, place, value if isinstance(value, Mapping) else {BARE: value})


def _transposed(data: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the records of columns that each map a row's number, or list, to its value."""
    columns: dict[str, Mapping[str, object]] = {}
    for name, column in data.items():
        if isinstance(column, list):
            columns[name] = {str(number): value for number, value in enumerate(column)}
        elif isinstance(column, Mapping):
            columns[name] = column
        else:
            return []
    first = next(iter(columns.values()))
    if any(column.keys() != first.keys() for column in columns.values()):
        return []
    if not any(_holds_keys(column.values()) for column in columns.values()):
        return []
    return [{name: column[row] for name, column in columns.items()} for row in first]


def _holds_keys(values: Any) -> bool:
    return any(isinstance(value, str) and KEY_LIKE.match(value) for value in values)


def _mapping(record: object, place: str) -> Mapping[str, object]:
    if not isinstance(record, Mapping):
        raise InputError(f"{place}: {record!r:.60} has no columns: give an object a row")
    return record


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name)[:60] for name in names[:6])
    return f"{shown}, …" if len(names) > 6 else shown


def _yaml(text: str, source: str) -> Any:
    """Return plain data of YAML, all scalars as their text; no code in it is executed.

    Raises:
        InputError: it is no YAML, has tags or aliases, a key twice, several documents, or more
            than :data:`search_spaces.outside.DEEPEST` levels.
    """
    try:
        return _Builder(text, source).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{source}{place}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{source} is not valid YAML: {error}") from None


class _Builder:
    """Builds plain data from the events of YAML, which are parsed without recursion."""

    def __init__(self, text: str, source: str) -> None:
        self._events = yaml.parse(text, _Loader)
        self._source = source

    def document(self) -> Any:
        """Return the one document's content; None if there is none."""
        found: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal(event, "a second document begins: keep one a file")
                found = self._node(next(self._events), 1)
        return found

    def _node(self, event: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise self._refusal(event, f"it is more than {DEEPEST} levels deep")
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._refusal(event, "tables have no anchors and aliases: write values out")
        if event.tag is not None and event.tag != "!":
            raise self._refusal(event, f"tables have no tags like {event.tag!r:.60}: leave it out")
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(depth))
        return self._members(depth)

    def _items(self, depth: int) -> Iterator[Any]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _members(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            name = self._node(event, depth + 1)
            if not isinstance(name, str):
                raise self._refusal(event, "a key is no text")
            if name in members:
                raise self._refusal(event, f"{name!r:.200} is there twice")
            members[name] = self._node(next(self._events), depth + 1)
        return members

    def _refusal(self, event: Any, reason: str) -> InputError:
        return InputError(f"{self._source}, line {event.start_mark.line + 1}: {reason}")
