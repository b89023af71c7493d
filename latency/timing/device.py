"""The description of a device, and its fingerprint.

This file is sent to remote devices as source, so it must run on Linux with Python 3.9 and its
standard library.
"""

import hashlib
import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Device:
    """A machine, or an accelerator in one.

    ``fingerprint`` covers what determines speed (processor, cores, architecture, operating system's
    name); the amount of memory is only informative.
    """

    name: str
    cores: int
    machine: str
    system: str
    memory_bytes: int

    @classmethod
    def named(cls, name: str) -> "Device":
        """Describe a device by its name only; other fields are 0 or empty."""
        return cls(name, 0, "", "", 0)

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits, equal on equal devices."""
        system = self.system.split(" ", 1)[0]
        facts = "|".join((self.name, str(self.cores), self.machine, system))
        return hashlib.sha256(facts.encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return f"{self.name} ({self.cores} cores)" if self.cores else self.name


@cache
def this_cpu() -> Device:
    """Describe the processor this program runs on."""
    linux = platform.system() == "Linux"
    name = linux_name(PROC) if linux else _name_elsewhere()
    return Device(
        name=name or platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        machine=platform.machine(),
        system=f"{platform.system()} {platform.release()}",
        memory_bytes=linux_memory(PROC) if linux else _memory_elsewhere(),
    )


def linux_name(proc: Path) -> str:
    """Return the name of the board or the processor in Linux, or "" if there is none.

    Boards have a name in the device tree (or ``Model`` or ``Hardware`` in ``cpuinfo``), PCs have a
    ``model name``. Other ARM machines only have the numbers of their cores.
    """
    tree = proc / "device-tree" / "model"
    if tree.is_file():
        return tree.read_text(errors="replace").strip("\0 \n")
    fields: dict[str, str] = {}
    for line in (proc / "cpuinfo").read_text(errors="replace").splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    for key in ("Model", "Hardware", "model name", "cpu"):
        if fields.get(key):
            return fields[key]
    if "CPU part" in fields:
        return f"ARM implementer {fields['CPU implementer']} part {fields['CPU part']}"
    return ""


def linux_memory(proc: Path) -> int:
    """Return the bytes of memory that Linux manages."""
    first = (proc / "meminfo").read_text().splitlines()[0]
    return int(first.split()[1]) * 1024


def _name_elsewhere() -> str:
    import cpuinfo  # takes a second, so only when it is needed

    information = cpuinfo.get_cpu_info()
    return str(information.get("brand_raw") or information.get("hardware_raw") or "")


def _memory_elsewhere() -> int:
    import psutil

    memory: int = psutil.virtual_memory().total
    return memory
