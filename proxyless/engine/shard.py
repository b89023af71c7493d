"""A worker's part of the work: of each batch, and of the random draws."""

from dataclasses import dataclass

PATH_STREAMS = ("paths",)
"""Random streams of the sampled paths: common to all workers, or each worker's own."""
OWN_STREAMS = ("augmentation", "validation", "mixup")
"""Random streams from which every worker draws different numbers."""


@dataclass(frozen=True)
class Shard:
    """The part of worker ``rank`` of ``size`` workers.

    At every step the streams of ``own_streams`` are reseeded with a different seed per worker,
    those of ``common_streams`` with the same seed.
    """

    rank: int = 0
    size: int = 1
    own_streams: tuple[str, ...] = OWN_STREAMS
    common_streams: tuple[str, ...] = PATH_STREAMS
