"""What a page says of a network whose operations may be those of a package that is absent."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from search_spaces import Architecture
from search_spaces.operations.registry import foreign_kinds
from search_spaces.schema import read_json

from ..runs.results import SearchResult


@dataclass(frozen=True)
class Outline:
    """A network's names and figures; a figure is None if it is not known.

    ``labels`` are those of its operations, in order. ``absent`` are the kinds of operations that
    cannot be read here, because the packages that offer them are not installed.
    """

    name: str
    space: str
    labels: tuple[str, ...]
    parameters: int | None
    macs: int | None
    absent: tuple[str, ...] = ()

    @classmethod
    def of(cls, network: Architecture) -> Self:
        """Return the outline of a network that was read."""
        return cls(network.name, network.space, network.labels, network.parameters, network.macs)

    @classmethod
    def of_file(cls, path: Path, result: SearchResult | None) -> Self | None:
        """Return the outline of a network in a file, with what its search says of it.

        None if the file holds operations of ours alone, or is no architecture at all. Without a
        search, an operation's kind is its label.
        """
        try:
            data = read_json(path, "architecture")
            kinds = [operation["kind"] for operation in data["operations"]]
            name, space = str(data["name"]), str(data["space"])
        except (ValueError, KeyError, TypeError):
            return None
        absent = foreign_kinds(data["operations"])
        if not absent:
            return None
        if result is None:
            return cls(name, space, tuple(map(str, kinds)), None, None, absent)
        labels = tuple(result.architecture)
        return cls(name, space, labels, result.parameters, result.macs, absent)
