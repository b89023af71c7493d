"""How a process gets its memory, for programs that run networks."""

import ctypes
import sys

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""Numbers of mallopt's parameters in glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Let glibc use freed memory again instead of handing it back after every step.

    A training step frees and asks for the same hundreds of megabytes, an inference for the same
    maps; fetching them from the kernel page by page takes a fifth of the time, or a third. The
    setting is the process's; elsewhere than on glibc nothing happens.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, 1 << 30)
        mallopt(TRIM_THRESHOLD, (1 << 31) - 1)
