"""How a program is run while it is timed: part of the address of every measurement."""

from dataclasses import dataclass

from search_spaces.errors import InputError

DTYPES = ("float32", "int8")


@dataclass(frozen=True)
class Settings:
    """Threads of the runtime, images per call, and the numbers of weights and activations."""

    threads: int = 1
    batch: int = 1
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for name, value in (("threads", self.threads), ("batch", self.batch)):
            if value < 1:
                raise InputError(f"{name} {value} is not at least 1")
        if self.dtype not in DTYPES:
            raise InputError(f"dtype {self.dtype!r} cannot be measured: {' or '.join(DTYPES)}")

    def __str__(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{threads}, batch {self.batch}, {self.dtype}"
