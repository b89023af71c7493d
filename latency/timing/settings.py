"""The settings under which a program is timed: part of the address of every measurement."""

from dataclasses import dataclass
from typing import Annotated

from typing_extensions import Doc

from search_spaces.fields import AtLeast, AtMost, OneOf, check_fields

DTYPES = ("float32", "int8")
MOST_THREADS = 1024
"""Threads of a runtime: the largest machines have fewer cores."""
LARGEST_BATCH = 65536
"""Images a call."""


@dataclass(frozen=True)
class Settings:
    """Threads of the runtime, images per call, and the numbers of weights and activations."""

    threads: Annotated[
        int, AtLeast(1), AtMost(MOST_THREADS), Doc("Threads the runtime may use.")
    ] = 1
    batch: Annotated[int, AtLeast(1), AtMost(LARGEST_BATCH), Doc("Images a call.")] = 1
    dtype: Annotated[str, OneOf(DTYPES), Doc("Numbers of weights and activations.")] = "float32"

    def __post_init__(self) -> None:
        check_fields(self)

    def __str__(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{threads}, batch {self.batch}, {self.dtype}"
