"""``proxyless profile``: measure a space on this device, or on one over SSH or ADB."""

from pathlib import Path

from ..config import ProfileConfig
from . import options
from .config_options import configured
from .given import Given
from .group import renames
from .output import milliseconds, say_changed, show
from .progress import progress_bar


@renames(device="host")
@configured(
    ProfileConfig,
    sections={
        "space": "Space",
        "settings": "Runtime",
        "": "Runtime",
        "protocol": "Protocol",
        "host": "Another device",
    },
)
def profile(given: Given, json: options.Json = False) -> None:
    """Measure every operation of a space on a device, this one or another, into a latency table.

    What the table holds already is kept; an interrupted profile continues. Before something is
    added to a profile, a few of its entries are measured again, to say if the device has changed.
    """
    import latency

    config: ProfileConfig = given.resolve()
    table, host = Path(config.table), config.host.open()
    expanded = config.space.expand_space()
    with progress_bar(f"profile {expanded.name}") as update:
        info = latency.profile(
            expanded,
            table,
            config.runtime,
            config.settings,
            config.protocol,
            update,
            host,
            say_changed,
        )
    predictor = latency.find_predictor(table, latency.ProfileQuery.exactly(info))
    fastest, slowest = predictor.bounds(expanded)
    facts = {
        "table": str(table),
        "device": str(info.device),
        "runtime": f"{info.runtime} {info.version}, {info.settings}",
        "operations": len(expanded.operations()),
        "fastest network": milliseconds(fastest),
        "slowest network": milliseconds(slowest),
    }
    data_out = {**facts, "fastest_ms": fastest, "slowest_ms": slowest}
    show("Profile", facts, json, data_out)
