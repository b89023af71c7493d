"""The memory that a container leaves, by files as its control groups have them."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from search_spaces import machine_memory

MEBIBYTE = 2**20


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(machine_memory, "CGROUPS", tmp_path)
    monkeypatch.setattr(machine_memory, "OWN_GROUPS", tmp_path / "own")
    machine_memory.total.cache_clear()
    yield tmp_path
    machine_memory.total.cache_clear()


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)


def test_without_a_container_the_machine_counts(groups: Path) -> None:
    assert 0 < machine_memory.free() <= psutil.virtual_memory().total
    write(groups, own="0::/a\n", memory__max="max\n", memory__current="5\n")
    assert machine_memory.total() >= psutil.virtual_memory().total
    assert machine_memory.free() > 5


def test_the_tightest_group_counts_and_kept_files_are_free(groups: Path) -> None:
    write(groups, own="0::/a/b\n", memory__max=f"{64 * MEBIBYTE}\n", memory__current="0\n")
    stat = f"anon 5\ninactive_file {30 * MEBIBYTE}\nactive_file 7\n"
    write(
        groups / "a",
        memory__max=f"{40 * MEBIBYTE}\n",
        memory__current=f"{39 * MEBIBYTE}\n",
        memory__stat=stat,
    )
    assert machine_memory.total() == 40 * MEBIBYTE
    assert machine_memory.free() == 31 * MEBIBYTE
    (groups / "a/memory.stat").unlink()
    assert machine_memory.free() == MEBIBYTE


def test_the_first_version_of_groups_is_known(groups: Path) -> None:
    write(groups, own="3:cpu:/x\n2:memory:/x\n")
    write(
        groups / "memory/x",
        memory__limit_in_bytes=f"{8 * MEBIBYTE}\n",
        memory__usage_in_bytes=f"{8 * MEBIBYTE}\n",
        memory__stat=f"inactive_file 1\ntotal_inactive_file {MEBIBYTE}\n",
    )
    write(groups / "memory", memory__limit_in_bytes=f"{2**63 - 4096}\n")
    assert (machine_memory.total(), machine_memory.free()) == (8 * MEBIBYTE, MEBIBYTE)
