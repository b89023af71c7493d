"""JSON files with a format and a version, read and written as one dataclass."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.schema import dump, parse, read_json

T = TypeVar("T")

Digest = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{64}$")]
"""A SHA-256 as 64 hexadecimal digits."""
Data = dict[str, Any]
"""A JSON object: a file's content before it is validated."""


@dataclass(frozen=True)
class VersionedFile(Generic[T]):
    """One kind of file: JSON with the fields of ``record``, and ``format`` and ``version``.

    Args:
        record: the dataclass that the file holds.
        format: the value of its field ``format``, such as "proxyless.training-result".
        version: the version that this release writes.
        noun: the noun for the file in messages.
        mend: the remedy for a file that cannot be read; ends the error's sentence.
        upgrades: by version, a function from its data to data of the next version. Files
            without a version are of version 1.
        oldest: the earliest version that this release reads.
    """

    record: type[T]
    format: str
    version: int
    noun: str
    mend: str
    upgrades: Mapping[int, Callable[[Data], Data]] = field(default_factory=dict)
    oldest: int = 1

    def read(self, path: Path) -> T:
        """Read a file.

        Raises:
            InputError: it does not exist, is damaged, or is of a version this release cannot read.
        """
        try:
            data = read_json(path, self.noun)
        except InputError as error:
            raise InputError(f"{error}: {self.mend}") from None
        return self.from_data(data, str(path))

    def write(self, record: T, path: Path) -> None:
        """Write a file atomically."""
        write_atomically(path, (json.dumps(self.to_data(record), indent=1) + "\n").encode())

    def to_data(self, record: T) -> Data:
        """Return the content of a file as plain data."""
        return {"format": self.format, "version": self.version, **dump(record)}

    def from_data(self, data: object, place: str) -> T:
        """Turn a file's content into its record; ``place`` begins the sentence of an error.

        Raises:
            InputError: something is missing or wrong, or the version is unknown.
        """
        return self._checked(self.record, self.upgraded(data, place), place)

    def upgraded(self, data: object, place: str) -> Data:
        """Return a file's content in this release's version, without ``format`` and ``version``.

        Raises:
            InputError: it is another file, or of a version this release cannot read.
        """
        if not isinstance(data, dict):
            raise InputError(f"{place} is no {self.noun}: it holds no JSON object; {self.mend}")
        if data.get("format", self.format) != self.format:
            raise InputError(f"{place} is no {self.noun}, but a {data['format']} file; {self.mend}")
        version = data.get("version", 1)
        if type(version) is not int or not self.oldest <= version <= self.version:
            several = self.oldest < self.version
            known = f"versions {self.oldest} to " if several else "version "
            known += f"{self.version} of a {self.noun}"
            raise InputError(
                f"{place} has version {version!r}, but this release reads {known}: "
                f"use the release that wrote it, or {self.mend}"
            )
        content = {key: value for key, value in data.items() if key not in ("format", "version")}
        for step in range(version, self.version):
            if step in self.upgrades:
                content = self.upgrades[step](content)
        return content

    def _checked(self, record: type[T], content: Data, place: str) -> T:
        try:
            return parse(record, content, place)
        except InputError as error:
            raise InputError(
                f"{error}: it is damaged, or of another release; {self.mend}"
            ) from None
