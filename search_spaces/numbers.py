"""Types of the numbers and texts that records of outside data hold: finite, with sign and size.

For fields of dataclasses that :func:`search_spaces.schema.parse` reads. Numbers are taken as they
are: no text, no truth value stands for one.
"""

from typing import Annotated

from pydantic import Field

LONGEST_MS = 1e8
"""A day, in ms: nothing that is timed takes longer."""

Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""Any number but NaN and infinities."""
Figure = Annotated[float, Field(strict=True)]
"""Any number; NaN and infinities are what a training that went wrong leaves."""
NonNegative = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
"""A finite number that is not below 0."""
Milliseconds = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=LONGEST_MS)]
"""A time of at most a day, in ms; 0 where a clock is coarse."""
PositiveMilliseconds = Annotated[
    float, Field(strict=True, allow_inf_nan=False, gt=0, le=LONGEST_MS)
]
"""A time above 0, of at most a day, in ms."""
Share = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
"""A part of a whole, from 0 to 1."""
Mean = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e6, le=1e6)]
"""A mean of the pixels of a channel, of values from 0 to 1 or in any other unit."""
Deviation = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=1e-6, le=1e6)]
"""A standard deviation of the pixels of a channel, by which they are divided."""
Count = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]
"""A whole number, from 0 to what SQLite and PyTorch can hold."""
Positive = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
"""A whole number, from 1 to what SQLite and PyTorch can hold."""
Name = Annotated[str, Field(strict=True, max_length=1000)]
"""A text of one line or so, such as a device's name or a version."""
FileName = Annotated[
    str, Field(strict=True, max_length=255, pattern=r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]*$")
]
"""The name of a file in a folder that is known: it leads nowhere else."""
Digest = Annotated[str, Field(strict=True, pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest, as hexadecimal digits."""
