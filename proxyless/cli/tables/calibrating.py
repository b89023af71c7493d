"""``proxyless tables calibrate``: correct a profile by whole networks."""

from dataclasses import asdict

from ...config import CalibrationConfig
from .. import options
from ..config_options import configured
from ..given import Given
from ..group import renames
from ..output import say_changed, show
from ..progress import progress_bar
from .arguments import DEFAULT_TABLE, TableArgument
from .showing import calibration_facts


@renames(device="host", latency_batch="batch")
@configured(
    CalibrationConfig,
    left_out=("profile.device",),
    sections={
        "": "Calibration",
        "space": "Space",
        "profile": "Profile",
        "protocol": "Protocol",
        "host": "Another device",
    },
)
def calibrate(
    given: Given, table: TableArgument = DEFAULT_TABLE, json: options.Json = False
) -> None:
    """Measure whole networks of a space here and correct the profile's entries by them.

    The raw entries stay. What is measured already counts; an interrupted calibration continues.
    """
    import latency

    config: CalibrationConfig = given.resolve()
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
            say_changed,
        )
    show("Calibration", calibration_facts(calibration), json, asdict(calibration))
