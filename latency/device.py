"""What a measurement was taken on: the description of a device, and its fingerprint."""

import hashlib
import os
import platform
from dataclasses import dataclass
from functools import cache

import psutil


@dataclass(frozen=True)
class Device:
    """A machine, or an accelerator in one.

    ``fingerprint`` covers what decides speed (processor, cores, architecture, operating system's
    name); memory is kept beside it for the reader.
    """

    name: str
    cores: int
    machine: str
    system: str
    memory_bytes: int

    @classmethod
    def named(cls, name: str) -> "Device":
        """Describe a device of which only the name is known: 0 cores and bytes, empty words."""
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
    return Device(
        name=_processor_name(),
        cores=os.cpu_count() or 1,
        machine=platform.machine(),
        system=f"{platform.system()} {platform.release()}",
        memory_bytes=psutil.virtual_memory().total,
    )


def _processor_name() -> str:
    import cpuinfo  # takes a second to import and ask: only when somebody wants to know

    information = cpuinfo.get_cpu_info()
    name = information.get("brand_raw") or information.get("hardware_raw")
    return str(name or platform.processor() or platform.machine())
