"""Which part of the work is a worker's: of each batch, and of the random draws."""

from dataclasses import dataclass

PATH_STREAMS = ("paths",)
"""Random streams for what workers of a search train: the same path at a step, or each its own."""
OWN_STREAMS = ("augmentation", "validation", "mixup")
"""Random streams that every worker draws differently from."""


@dataclass(frozen=True)
class Shard:
    """Worker ``rank`` of ``size``: which part of each batch is its own.

    At every step the streams of ``own_streams`` begin anew, differently on every worker; those of
    ``common_streams`` begin anew alike.
    """

    rank: int = 0
    size: int = 1
    own_streams: tuple[str, ...] = OWN_STREAMS
    common_streams: tuple[str, ...] = PATH_STREAMS
