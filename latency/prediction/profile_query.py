"""Which profile of a table is meant, as far as somebody says it."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated

from typing_extensions import Doc

from search_spaces.fields import AtLeast, OneOf, check_fields

from ..timing.settings import DTYPES

if TYPE_CHECKING:
    from ..tables.table import ProfileInfo

WantedRuntime = Annotated[str | None, Doc("Which runtime of the table, if it holds several.")]
WantedDevice = Annotated[
    str | None,
    Doc("Which device of the table, by name or fingerprint; without it, this machine."),
]
WantedThreads = Annotated[int | None, AtLeast(1), Doc("Which thread count of the table.")]
WantedBatch = Annotated[int | None, AtLeast(1), Doc("Which batch of the table, in images a call.")]
WantedDtype = Annotated[str | None, OneOf(DTYPES), Doc("Which numbers of the table.")]


@dataclass(frozen=True)
class Wanted:
    """What a profile must have, None fitting all.

    ``device`` is a name or the beginning of a fingerprint.
    """

    runtime: WantedRuntime = None
    device: WantedDevice = None
    threads: WantedThreads = None
    batch: WantedBatch = None
    dtype: WantedDtype = None

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def exactly(cls, info: "ProfileInfo") -> "Wanted":
        """Return what only this profile has, and its other versions and methods."""
        settings = info.settings
        return cls(
            info.runtime,
            info.device.fingerprint,
            settings.threads,
            settings.batch,
            settings.dtype,
        )

    def fits(self, info: "ProfileInfo") -> bool:
        """Whether a profile has all that."""
        device = self.device is None or (
            info.device.name == self.device or info.device.fingerprint.startswith(self.device)
        )
        said = {"runtime": info.runtime, **vars(info.settings)}
        return device and all(getattr(self, name) in (None, value) for name, value in said.items())

    def or_else(self, other: "Wanted") -> "Wanted":
        """Return this, with what it leaves open as in another."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(other, **{name: value for name, value in given.items() if value is not None})

    def __str__(self) -> str:
        """What was asked for but the device."""
        names = (field.name for field in fields(self) if field.name != "device")
        said = {name: getattr(self, name) for name in names}
        return ", ".join(f"{name} {value}" for name, value in said.items() if value is not None)
