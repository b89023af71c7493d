"""Measuring a device: a space's operations, whole networks, model files."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from typing_extensions import Doc

from latency.prediction.profile_query import ProfileQuery
from latency.profiling.protocol import MOST_NETWORKS, Protocol
from latency.timing.settings import Settings
from search_spaces.fields import AtLeast, AtMost, Registered, check_fields
from search_spaces.schema import STRICT

from .device import TABLE
from .space import SpaceConfig

if TYPE_CHECKING:
    from latency import Host


@dataclass(frozen=True)
class HostConfig:
    """Where something is measured: see :func:`latency.get_host`."""

    __pydantic_config__ = STRICT
    host: Annotated[
        str | None,
        Doc("Where to measure: ssh://user@host[:port] or adb://SERIAL; without it, here."),
    ] = None
    remote_python: Annotated[
        str | None,
        Doc("Command that starts Python at the far end of ssh://, for the shell there (python3)."),
    ] = None
    benchmark_model: Annotated[
        str | None, Doc("For adb://: TFLite's benchmark_model, a file here or a path there.")
    ] = None

    def open(self) -> "Host":
        """Return the host; nothing is connected to yet.

        Raises:
            InputError: the address is none, or an option does not belong to it.
        """
        from latency import get_host

        return get_host(
            self.host, remote_python=self.remote_python, benchmark_model=self.benchmark_model
        )


@dataclass(frozen=True)
class ProfileConfig:
    """Measuring every operation of a space into a table: :func:`latency.profile`."""

    __pydantic_config__ = STRICT
    space: SpaceConfig = field(default_factory=SpaceConfig)
    table: Annotated[str, Doc("Latency table to write into: one SQLite file.")] = TABLE
    runtime: Annotated[str, Registered("proxyless.runtimes"), Doc("Inference engine.")] = (
        "onnxruntime"
    )
    settings: Settings = field(default_factory=Settings)
    protocol: Protocol = field(default_factory=Protocol)
    host: HostConfig = field(default_factory=HostConfig)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class CalibrationConfig:
    """Measuring whole networks of a space and correcting a profile by them.

    :func:`latency.profile_networks` does it.
    """

    __pydantic_config__ = STRICT
    space: SpaceConfig = field(default_factory=SpaceConfig)
    networks: Annotated[
        int, AtLeast(1), AtMost(MOST_NETWORKS), Doc("Whole networks to measure.")
    ] = 20
    profile: ProfileQuery = field(default_factory=ProfileQuery)
    protocol: Protocol = field(default_factory=lambda: Protocol(rounds=4))
    host: HostConfig = field(default_factory=HostConfig)

    def __post_init__(self) -> None:
        check_fields(self)
