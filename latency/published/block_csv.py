"""Block tables as CSV: ``block_name,latency(ms)``, with ProxylessNAS's keys."""

import csv
import io

from search_spaces import InputError

from .base import PublishedEntry, milliseconds
from .proxylessnas import ProxylessNAS

HEADER = ["block_name", "latency(ms)"]


class BlockCSV(ProxylessNAS):
    """ProxylessNAS's keys in two columns, without spread or count."""

    name = "block-csv"

    def recognises(self, text: str) -> bool:
        """Return whether the first line is the header."""
        return text.lstrip().startswith(",".join(HEADER))

    def read(self, text: str, source: str) -> list[PublishedEntry]:
        """Read one entry per line; empty lines are skipped."""
        reader = csv.reader(io.StringIO(text))
        try:
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
        except csv.Error as error:
            raise InputError(f"{source}, line {reader.line_num}: {error}") from None
        rows = [(line, row) for line, row in rows if any(row)]
        if not rows or (len(rows) == 1 and rows[0][1] == HEADER):
            raise InputError(f"{source} is empty: there is nothing to import")
        if rows[0][1] != HEADER:
            raise InputError(f"{source}, line {rows[0][0]}: the header is not {','.join(HEADER)}")
        entries: dict[str, PublishedEntry] = {}
        for line, row in rows[1:]:
            place = f"{source}, line {line}"
            if len(row) != len(HEADER):
                raise InputError(f"{place}: {len(row)} columns instead of {len(HEADER)}")
            key, text_value = row
            if key in entries:
                raise InputError(f"{place}: {key!r} is there twice")
            entries[key] = PublishedEntry(key, milliseconds(_parse(text_value), place))
        return list(entries.values())


def _parse(text: str) -> float | str:
    """Return the number, or the text if it is not one."""
    try:
        return float(text)
    except ValueError:
        return text
