"""The measuring protocol: the amount of repetition."""

from dataclasses import dataclass
from typing import Annotated

from typing_extensions import Doc

from search_spaces.fields import AtLeast, AtMost, check_fields
from search_spaces.renamed import renamed_fields

MOST_ROUNDS = 100_000
"""Measurements of a program, or of a file, in a process."""
MOST_PROCESSES = 1000
"""Processes to measure in."""
MOST_NETWORKS = 10_000
"""Whole networks to measure."""


@renamed_fields(anchors="calibration_networks")
@dataclass(frozen=True)
class Protocol:
    """The amount of measurements.

    ``processes`` fresh processes each measure every program ``rounds`` times. Besides the
    operations, ``calibration_networks`` whole networks are measured, to calibrate the table. For a
    process that measures these networks more than ``tolerance`` slower than the fastest process, a
    further process is run, up to ``extra`` of them. Its measurements are kept, as only minima are
    used.
    """

    processes: Annotated[
        int, AtLeast(1), AtMost(MOST_PROCESSES), Doc("Fresh processes to measure in.")
    ] = 3
    rounds: Annotated[
        int, AtLeast(1), AtMost(MOST_ROUNDS), Doc("Measurements of each program in a process.")
    ] = 8
    calibration_networks: Annotated[
        int,
        AtLeast(0),
        AtMost(MOST_NETWORKS),
        Doc("Whole networks timed too, which calibrate the table."),
    ] = 5
    tolerance: Annotated[
        float,
        AtLeast(0),
        AtMost(1000),
        Doc("How much slower a process may be before another makes up for it."),
    ] = 0.05
    extra: Annotated[
        int, AtLeast(0), AtMost(MOST_PROCESSES), Doc("Such further processes, at most.")
    ] = 3

    def __post_init__(self) -> None:
        check_fields(self)
