"""How a program is run while it is timed: part of the address of every measurement."""

from dataclasses import dataclass

from search_spaces.errors import InputError


@dataclass(frozen=True)
class Settings:
    """Threads of the runtime, images per call, and the number format of the weights."""

    threads: int = 1
    batch: int = 1
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for name, value in (("threads", self.threads), ("batch", self.batch)):
            if value < 1:
                raise InputError(f"{name} {value} is not at least 1")
        if self.dtype != "float32":
            raise InputError(f"dtype {self.dtype!r} cannot be measured: only float32")

    def __str__(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{threads}, batch {self.batch}, {self.dtype}"
