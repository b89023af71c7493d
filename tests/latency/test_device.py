from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given, strategies as st

from latency import Device, this_cpu
from latency.timing.device import linux_memory, linux_name

DEVICE = Device("Some CPU", 4, "x86_64", "Linux 6.1", 2**33)


def test_fingerprint_is_stable_across_releases() -> None:
    assert DEVICE.fingerprint == "d8bb9374aecd"


@pytest.mark.parametrize(
    "change", [{"name": "Other CPU"}, {"cores": 8}, {"machine": "arm64"}, {"system": "Darwin 23"}]
)
def test_fingerprint_follows_what_decides_speed(change: dict[str, Any]) -> None:
    assert replace(DEVICE, **change).fingerprint != DEVICE.fingerprint


@pytest.mark.parametrize("change", [{"memory_bytes": 1}, {"system": "Linux 6.2"}])
def test_fingerprint_survives_memory_and_kernel_updates(change: dict[str, Any]) -> None:
    assert replace(DEVICE, **change).fingerprint == DEVICE.fingerprint


@given(st.builds(Device, st.text(), st.integers(), st.text(), st.text(), st.integers()))
def test_fingerprint_is_twelve_hexadecimal_digits(device: Device) -> None:
    assert len(device.fingerprint) == 12
    assert int(device.fingerprint, 16) >= 0


def test_this_machine_is_described() -> None:
    device = this_cpu()
    assert device.cores == psutil.cpu_count()
    assert device.memory_bytes == psutil.virtual_memory().total
    assert device.name.strip()
    assert str(device) == f"{device.name} ({device.cores} cores)"


PC = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R)\n"
PI_32 = "processor\t: 0\nmodel name\t: ARMv7 Processor rev 3 (v7l)\n\nHardware\t: BCM2711\n"
PI_64 = "processor\t: 0\nCPU implementer\t: 0x41\n\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n"
SERVER = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\nprocessor\t: 1\n"
POWER = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n"


@pytest.mark.parametrize(
    ("cpuinfo", "tree", "name"),
    [
        (PC, "", "Intel(R) Xeon(R)"),
        (PI_32, "", "BCM2711"),
        (PI_64, "", "Raspberry Pi 4 Model B Rev 1.4"),
        (PI_32, "Raspberry Pi 3 Model B Plus Rev 1.3\0", "Raspberry Pi 3 Model B Plus Rev 1.3"),
        (SERVER, "", "ARM implementer 0x41 part 0xd0c"),
        (POWER, "", "POWER9, altivec supported"),
        ("processor\t: 0\n", "", ""),
    ],
)
def test_linux_names_boards_and_processors(
    tmp_path: Path, cpuinfo: str, tree: str, name: str
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    if tree:
        (tmp_path / "device-tree").mkdir()
        (tmp_path / "device-tree/model").write_text(tree)
    assert linux_name(tmp_path) == name


def test_linux_tells_its_memory(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:        3882256 kB\nMemFree:  1 kB\n")
    assert linux_memory(tmp_path) == 3882256 * 1024


def test_a_device_by_name_alone() -> None:
    device = Device.named("Pixel 1")
    assert str(device) == "Pixel 1"
    assert device == Device.named("Pixel 1")
    assert device.fingerprint != Device.named("Pixel 2").fingerprint
