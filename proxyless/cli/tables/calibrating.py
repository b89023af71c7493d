"""``proxyless tables calibrate``: correct a profile by whole networks."""

from dataclasses import asdict

from ...config import CalibrationConfig
from .. import options
from ..changed_device import warn_of_changed_device
from ..config_options import configured
from ..config_sources import ConfigSources
from ..console import show
from ..group import renames
from ..progress import progress_bar
from .arguments import DEFAULT_TABLE, TableArgument
from .showing import calibration_facts


@renames(device="host", latency_batch="batch")
@configured(
    CalibrationConfig,
    left_out=("profile.device", "protocol.calibration_networks"),
    sections={
        "": "Calibration",
        "space": "Space",
        "profile": "Profile",
        "protocol": "Protocol",
        "host": "Another device",
    },
)
def calibrate(
    sources: ConfigSources, table: TableArgument = DEFAULT_TABLE, json: options.Json = False
) -> None:
    """Measure whole networks of a space here and correct the profile's entries by them.

    The raw entries stay. What is measured already counts; an interrupted calibration continues.
    """
    import latency

    config: CalibrationConfig = sources.resolve()
    expanded, host = config.space.expand_space(), config.host.open()
    with progress_bar(f"calibrate {expanded.name}") as update:
        calibration = latency.profile_networks(
            expanded,
            table,
            config.networks,
            config.profile,
            config.protocol,
            update,
            host,
            warn_of_changed_device,
        )
    show("Calibration", calibration_facts(calibration), json, asdict(calibration))
