"""Latency tables as others publish them: a file a format, import, export and sums."""

from .base import Format, PublishedEntry
from .exporting import Exported, export_table
from .formats import FORMATS, read_published
from .importing import Imported, import_table
from .key import PublishedKey
from .network import published_network

__all__ = [
    "FORMATS",
    "Exported",
    "Format",
    "Imported",
    "PublishedEntry",
    "PublishedKey",
    "export_table",
    "import_table",
    "published_network",
    "read_published",
]
