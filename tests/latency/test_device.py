from dataclasses import replace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latency import Device, this_cpu

DEVICE = Device("Some CPU", 4, "x86_64", "Linux 6.1", 2**33)


def test_fingerprint_is_stable_across_releases() -> None:
    assert DEVICE.fingerprint == "d8bb9374aecd"


@pytest.mark.parametrize(
    "change", [{"name": "Other CPU"}, {"cores": 8}, {"machine": "arm64"}, {"system": "Darwin 23"}]
)
def test_fingerprint_follows_what_decides_speed(change: dict[str, str]) -> None:
    assert replace(DEVICE, **change).fingerprint != DEVICE.fingerprint


@pytest.mark.parametrize("change", [{"memory_bytes": 1}, {"system": "Linux 6.2"}])
def test_fingerprint_survives_memory_and_kernel_updates(change: dict[str, str]) -> None:
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


def test_a_device_by_name_alone() -> None:
    device = Device.named("Pixel 1")
    assert str(device) == "Pixel 1"
    assert device == Device.named("Pixel 1")
    assert device.fingerprint != Device.named("Pixel 2").fingerprint
