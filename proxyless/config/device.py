"""A device to search for."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from typing_extensions import Doc

from latency.prediction.profile_query import (
    ProfileQuery,
    QueriedBatch,
    QueriedDevice,
    QueriedDtype,
    QueriedRuntime,
    QueriedThreads,
)
from search_spaces import InputError
from search_spaces.fields import Above, AtMost, check_fields
from search_spaces.numbers import LONGEST_MS
from search_spaces.schema import STRICT

TABLE = "tables/latency.db"
"""Where a latency table is, unless somebody says otherwise."""


@dataclass(frozen=True)
class DeviceConfig:
    """A device to search for, and what a network may take there.

    Latencies come from one profile of ``table``: see ``latency.load_predictor``. ``target_ms`` is
    met, ``max_ms`` is kept and made use of.
    """

    __pydantic_config__ = STRICT
    AIMS: ClassVar[tuple[str, str]] = ("target_ms", "max_ms")
    table: Annotated[str, Doc("Latency table: one SQLite file.")] = TABLE
    target_ms: Annotated[
        float | None,
        Above(0),
        AtMost(LONGEST_MS),
        Doc("Latency the network shall have on the profiled device, in ms."),
    ] = None
    max_ms: Annotated[
        float | None,
        Above(0),
        AtMost(LONGEST_MS),
        Doc("Latency it may have at most, in ms; made use of."),
    ] = None
    runtime: QueriedRuntime = None
    device: QueriedDevice = None
    threads: QueriedThreads = None
    batch: QueriedBatch = None
    dtype: QueriedDtype = None

    def __post_init__(self) -> None:
        check_fields(self)
        if self.target_ms is not None and self.max_ms is not None:
            raise InputError("`target_ms` and `max_ms` are two aims for one time: give one of them")

    @property
    def profile(self) -> ProfileQuery:
        """Which profile of the table."""
        return ProfileQuery(self.runtime, self.device, self.threads, self.batch, self.dtype)

    @property
    def limit_ms(self) -> float | None:
        """What a network may take at most, if that is given."""
        return self.max_ms if self.target_ms is None else self.target_ms
