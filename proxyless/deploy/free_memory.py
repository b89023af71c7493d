"""How much memory this machine, or the container that this process is in, has left."""

from contextlib import suppress
from pathlib import Path

KILOBYTE = 1024


def free_memory() -> int | None:
    """Return the bytes that could be taken without swapping; None where the system does not say."""
    found = [amount for amount in (_of_machine(), _of_container()) if amount is not None]
    return min(found, default=None)


def _of_machine(file: Path = Path("/proc/meminfo")) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in file.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * KILOBYTE
    return None


def _of_container(folder: Path = Path("/sys/fs/cgroup")) -> int | None:
    with suppress(OSError, ValueError):
        limit = int((folder / "memory.max").read_text())  # "max" where there is none
        return max(limit - int((folder / "memory.current").read_text()), 0)
    return None
