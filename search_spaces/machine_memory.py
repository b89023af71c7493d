"""The memory of this machine, or of the container that this process is in: in all, and free.

A container is one control group or more, of either version; the tightest of them counts.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
UNLIMITED = 2**60
"""A limit of a control group beyond this is none."""


class _Names(NamedTuple):
    """Files of a control group, and what is said in ``memory.stat`` of pages it can give up."""

    limit: str
    used: str
    inactive: str


VERSION_1 = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
VERSION_2 = _Names("memory.max", "memory.current", "inactive_file")


@cache
def total() -> int:
    """Return the bytes that processes of this machine may have: memory and swap, or a limit."""
    import psutil  # on use: whoever only reads a space needs none of it

    machine: int = psutil.virtual_memory().total + psutil.swap_memory().total
    return min([machine, *(limit for limit, _ in _groups())])


def free() -> int:
    """Return the bytes that could be taken without swapping.

    Pages of files that the system keeps only because there is room count as free.
    """
    import psutil

    available: int = psutil.virtual_memory().available
    return min([available, *(max(limit - used, 0) for limit, used in _groups())])


def _groups() -> Iterator[tuple[int, int]]:
    """Yield limit and use, in bytes, of the control groups with a limit that this process is in."""
    try:
        lines = OWN_GROUPS.read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root = CGROUPS / controllers
        folder = root / group.lstrip("/")
        for parent in (folder, *folder.parents):
            if parent.is_relative_to(root):
                names = VERSION_1 if controllers else VERSION_2
                limit = _number(parent / names.limit)
                if limit is not None and limit < UNLIMITED:
                    yield limit, _used(parent, names)


def _used(group: Path, names: _Names) -> int:
    used = _number(group / names.used) or 0
    with suppress(OSError, ValueError):
        for line in (group / "memory.stat").read_text().splitlines():
            name, _, amount = line.partition(" ")
            if name == names.inactive:
                return max(used - int(amount), 0)
    return used


def _number(file: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(file.read_text())  # "max" where there is no limit
    return None
