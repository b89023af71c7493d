"""How long a board or a phone may take, and how much it may say: ten times what honest ones need.

A measurement is about ten calls of a program. The slowest programs are whole networks in a large
batch on a slow board: seconds an image.
"""

from ..timing.settings import Settings

GREETING_SECONDS = 60.0
"""From connecting to the first message, which comes before anything is done; and for answers to
questions of what is known already. Python starts in a few seconds on the slowest boards."""
MEASUREMENT_SECONDS = 600.0
"""For one measurement, whatever its batch."""
IMAGE_SECONDS = 60.0
"""Added for each image of a call."""
PROGRAM_SECONDS = 10.0
"""Added for each program: all are opened before the first is measured."""
QUERY_SECONDS = 60.0
"""For a phone's answer to what it knows already; `adb` may start its server meanwhile."""
TRANSFER_SECONDS = 600.0
"""For a file of the largest size over a slow cable, or 64 KiB over a slow line."""

LINE_LIMIT = 2**20
"""Bytes of one message; ours have a few hundred."""
CHATTER_LIMIT = 16 * 2**20
"""Bytes that are no message: greetings of a login shell, logs of an engine."""
ANSWER_LIMIT = 4 * 2**20
"""Bytes of a phone's answer to one command."""
ERRORS_KEPT = 64 * 2**10
"""Bytes of standard error that are kept, the last ones."""


def measurement_seconds(settings: Settings, programs: int = 0) -> float:
    """Return how long the next measurement may be waited for, if ``programs`` are opened first."""
    per_image = IMAGE_SECONDS * settings.batch
    return MEASUREMENT_SECONDS + per_image + PROGRAM_SECONDS * programs
