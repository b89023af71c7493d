"""The options that say which devices a search is for: given once, or once a device."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from search_spaces import InputError

from ..config import DeviceConfig

Tables = Annotated[
    list[Path],
    typer.Option(
        "--table",
        help="Latency table: one SQLite file. Again for every further device: they share one "
        "search. The options of a device then hold for all, or are given once a device.",
    ),
]
TargetsMs = Annotated[
    list[float] | None,
    typer.Option(
        "--target-ms", help="Latency the network shall have on the profiled device, in ms."
    ),
]
MaxMs = Annotated[
    list[float] | None,
    typer.Option("--max-ms", help="Latency it may have at most, in ms; made use of."),
]
Runtimes = Annotated[
    list[str] | None,
    typer.Option("--runtime", help="Which runtime of the table, if it holds several."),
]
Devices = Annotated[
    list[str] | None,
    typer.Option(
        "--device",
        help="Which device of the table, by name or fingerprint; without it, this machine.",
    ),
]
Threads = Annotated[
    list[int] | None, typer.Option("--threads", help="Which thread count of the table.")
]
Batches = Annotated[
    list[int] | None, typer.Option("--latency-batch", help="Which batch size of the table.")
]
Dtypes = Annotated[
    list[str] | None,
    typer.Option("--dtype", help="Which numbers of the table: float32 or int8."),
]

OPTIONS = {"batch": "--latency-batch"}
"""Options whose name is not the configuration's."""


def device_configs(given: Mapping[str, Sequence[Any] | None]) -> tuple[DeviceConfig, ...]:
    """Return a configuration a device from lists of its fields' values.

    A field given once holds for all devices.

    Raises:
        InputError: a field was given more than once, but not once a device.
    """
    lists = {name: list(values) for name, values in given.items() if values}
    longest = max(lists, key=lambda name: len(lists[name]))
    count = len(lists[longest])
    for name, values in lists.items():
        if len(values) not in (1, count):
            raise InputError(
                f"{_option(name)} was given {len(values)} times and {_option(longest)} {count} "
                f"times: give each once for all devices, or once a device"
            )
    fields = {
        name: values * count if len(values) == 1 else values for name, values in lists.items()
    }
    return tuple(
        DeviceConfig(**{name: values[number] for name, values in fields.items()})
        for number in range(count)
    )


def _option(name: str) -> str:
    return OPTIONS.get(name, "--" + name.replace("_", "-"))
