"""How much is measured before something is said of a device."""

from dataclasses import dataclass
from typing import Annotated

from typing_extensions import Doc

from search_spaces.fields import AtLeast, check_fields
from search_spaces.renamed import renamed_fields


@renamed_fields(anchors="calibration_networks")
@dataclass(frozen=True)
class Protocol:
    """How much to measure.

    ``processes`` fresh processes each measure every program ``rounds`` times. Among the operations,
    so many ``calibration_networks`` are measured: whole networks, which calibrate the table. A
    process that finds these more than ``tolerance`` slower than the best process did is made up for
    by a further one, up to ``extra`` of them. Its measurements stay, as only the minimum counts.
    """

    processes: Annotated[int, AtLeast(1), Doc("Fresh processes to measure in.")] = 3
    rounds: Annotated[int, AtLeast(1), Doc("Measurements of each program in a process.")] = 8
    calibration_networks: Annotated[
        int,
        AtLeast(0),
        Doc("Whole networks timed too, which calibrate the table."),
    ] = 5
    tolerance: Annotated[
        float,
        AtLeast(0),
        Doc("How much slower a process may be before another makes up for it."),
    ] = 0.05
    extra: Annotated[int, AtLeast(0), Doc("Such further processes, at most.")] = 3

    def __post_init__(self) -> None:
        check_fields(self)
