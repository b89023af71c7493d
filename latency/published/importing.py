"""Import of published tables: known operations under this package's keys, others under theirs."""

from dataclasses import dataclass
from pathlib import Path

from search_spaces import InputError, Operation

from ..tables.file import removed_on_failure
from ..tables.names import check_name
from ..tables.records import ProfileInfo
from ..tables.table import Table
from ..timing.device import Device
from ..timing.settings import Settings
from .base import Format, PublishedEntry
from .formats import read_published
from .key import PublishedKey

VERSION = "published"
"""In place of the runtime's version, which published tables do not contain."""


@dataclass(frozen=True)
class Imported:
    """The result of an import: the number of known operations, and the keys of other entries.

    ``column`` says which column was taken for the latency, and in which unit.
    """

    info: ProfileInfo
    file_format: str
    operations: int
    foreign: tuple[str, ...]
    column: str


@dataclass(frozen=True)
class _Row:
    program: str
    operation: Operation | None
    entry: PublishedEntry


def import_table(
    file: Path,
    table: Path,
    device: str,
    runtime: str | None = None,
    settings: Settings = Settings(),  # noqa: B008
    file_format: str = "auto",
    column: str | None = None,
) -> Imported:
    """Read a published table into the profile of a device, method "imported".

    Of a file with several columns of numbers, ``column`` names the latency's; rows of several
    devices, named in a column, are those of ``device``. ``runtime`` is what the entries were
    measured with, by default the format's name. Entries are summed unchanged, because the call
    overhead of an imported profile is 0. Importing the same file again changes nothing.

    Raises:
        InputError: the file has errors, or the profile has another value for one of its keys.
    """
    check_name(device, "device", "name the device the table was measured on")
    if runtime is not None:
        check_name(runtime, "runtime", "name what the table was measured with")
    published = read_published(file, file_format, device, column)
    chosen = published.file_format
    rows = _translate(chosen, published.entries, file)
    with (
        removed_on_failure(table),
        Table.open(table, create=True) as opened,
        opened.transaction(),
    ):
        info = opened.add_profile(
            Device.named(device), runtime or chosen.name, VERSION, settings, {}, "imported"
        )
        _check_conflicts(opened, info, rows, file)
        for row in rows:
            operations = [] if row.operation is None else [row.operation]
            kind = "foreign" if row.operation is None else "operation"
            opened.add_program(row.program, kind, operations)
            opened.add_estimate(
                info.id,
                row.program,
                row.entry.milliseconds,
                row.entry.standard_deviation,
                row.entry.samples,
            )
        opened.check()
    foreign = tuple(row.program for row in rows if row.operation is None)
    known = len(rows) - len(foreign)
    return Imported(info, chosen.name, known, foreign, str(published.column))


def _translate(chosen: Format, published: list[PublishedEntry], file: Path) -> list[_Row]:
    rows: dict[str, _Row] = {}
    for entry in published:
        try:
            key = PublishedKey.parse(entry.key)
        except InputError as error:
            raise InputError(f"{file}: {error}") from None
        operation = chosen.operation(key)
        program = str(key) if operation is None else operation.key
        if program in rows:
            raise InputError(
                f"{file}: keys {rows[program].entry.key} and {entry.key} are the same operation"
            )
        rows[program] = _Row(program, operation, entry)
    return list(rows.values())


def _check_conflicts(table: Table, info: ProfileInfo, rows: list[_Row], file: Path) -> None:
    known = {**table.entries(info.id), **table.entries(info.id, "foreign")}
    for row in rows:
        old = known.get(row.program)
        if old is not None and old.milliseconds != row.entry.milliseconds:
            raise InputError(
                f"{file} gives {row.entry.key} {row.entry.milliseconds:g} ms, but table "
                f"{table.path} has {old.milliseconds:g} ms for it ({info}): import it under "
                "another `device` or `runtime`, or into another `table`"
            )
