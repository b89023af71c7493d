"""Selecting a profile of a table."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any

from typing_extensions import Doc

from search_spaces.fields import AtLeast, AtMost, OneOf, check_fields

from ..timing.settings import DTYPES, LARGEST_BATCH, MOST_THREADS

if TYPE_CHECKING:
    from ..tables.records import ProfileInfo

QueriedRuntime = Annotated[str | None, Doc("Which runtime of the table, if it holds several.")]
QueriedDevice = Annotated[
    str | None,
    Doc("Which device of the table, by name or fingerprint; without it, this machine."),
]
QueriedThreads = Annotated[
    int | None, AtLeast(1), AtMost(MOST_THREADS), Doc("Which thread count of the table.")
]
QueriedBatch = Annotated[
    int | None,
    AtLeast(1),
    AtMost(LARGEST_BATCH),
    Doc("Which batch of the table, in images a call."),
]
QueriedDtype = Annotated[str | None, OneOf(DTYPES), Doc("Which numbers of the table.")]


@dataclass(frozen=True)
class ProfileQuery:
    """Conditions on a profile; None fits all.

    ``device`` is a name or the beginning of a fingerprint.
    """

    runtime: QueriedRuntime = None
    device: QueriedDevice = None
    threads: QueriedThreads = None
    batch: QueriedBatch = None
    dtype: QueriedDtype = None

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def exactly(cls, info: "ProfileInfo") -> "ProfileQuery":
        """Return the query that this profile fits, and only its other versions and methods."""
        settings = info.settings
        return cls(
            info.runtime,
            info.device.fingerprint,
            settings.threads,
            settings.batch,
            settings.dtype,
        )

    def fits(self, info: "ProfileInfo") -> bool:
        """Return whether a profile fulfils all conditions."""
        device = self.device is None or (
            info.device.name == self.device or info.device.fingerprint.startswith(self.device)
        )
        address = {"runtime": info.runtime, **vars(info.settings)}
        return device and all(
            getattr(self, name) in (None, value) for name, value in address.items()
        )

    def or_else(self, other: "ProfileQuery") -> "ProfileQuery":
        """Return this query, completed by the conditions of another."""
        return replace(other, **self._conditions)

    def __str__(self) -> str:
        """Return the conditions as text, without the device."""
        conditions = self._conditions.items()
        return ", ".join(f"{name} {value}" for name, value in conditions if name != "device")

    @property
    def _conditions(self) -> "dict[str, Any]":
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value is not None}
