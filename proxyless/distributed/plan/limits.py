"""What a plan may be asked: generous for what there is, and small enough to be worked out.

Every figure of a plan is finite between these, and found within seconds.
"""

import math

from ..errors import DistributedError

STEP_SECONDS = 1e-9, 1e6
"""A step: from a nanosecond to eleven days."""
ONE_WAY_SECONDS = 0.0, 1e5
"""A latency: up to a day, which is beyond the planets."""
LEAST_BITS_PER_SECOND = 1.0
GRADIENT_BYTES = 1.0, 1e15
"""Gradients: up to those of 250 trillion parameters."""
WORKERS = 2, 1_000_000
MESSAGES = 1, 1_000_000
STEPS = 1_000_000_000
"""Of a delay, or a period; and exchanges on their way at once."""
SCALABILITY = 1e-6, 1.0
JITTER = 1e-6, 1e3
SIGMA, ALPHA = 10.0, 1e6
MOST_SCHEDULES = 1_000_000
"""Schedules that are compared: a second or two."""
MOST_ROUNDS = 1_000_000
"""Rounds that are simulated, with those that fill the pipeline: a minute of a few workers."""
MOST_DRAWS = 1_000_000_000
"""Workers times rounds: minutes."""


def check_between(name: str, value: float, least: float, most: float) -> None:
    """Refuse a value that is not from ``least`` to ``most``; NaN is not.

    Raises:
        DistributedError: it is not.
    """
    if least <= value <= most:
        return
    if value == math.inf:
        kind = "endless"
    elif value > most:
        kind = f"above {most:g}"
    elif least > 0 and not value > 0:
        kind = "not above 0"
    else:
        kind = f"not {least:g} or more"
    raise DistributedError(f"`{name}` is {kind}: give what the workers have")
