"""Memory allocation of processes that run networks."""

import ctypes
import sys

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""Numbers of mallopt's parameters in glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Let glibc reuse freed memory instead of returning it to the kernel after every step.

    A training step frees and allocates the same hundreds of megabytes, an inference the same maps;
    obtaining them from the kernel page by page takes a fifth to a third of the time. The setting
    applies to the process; without glibc this function has no effect.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, 1 << 30)
        mallopt(TRIM_THRESHOLD, (1 << 31) - 1)
