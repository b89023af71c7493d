"""Checkpoints of strangers, and on disks that are full: a sentence, and what was there is whole."""

import os
import pickle
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from support import same

from proxyless.distributed.plain_state import ODD_CONTENT
from proxyless.runs.checkpoint import (
    checked_number,
    load_checkpoint,
    misfits_refused,
    save_checkpoint,
)
from search_spaces import InputError


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let files grow to so many bytes, as a disk that is nearly full would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 1, 100, 700, 5000, 40_000, 399_000])
def test_a_full_disk_leaves_the_checkpoint_of_before(tmp_path: Path, size: int) -> None:
    path, state = tmp_path / "checkpoint.pt", {"weights": torch.arange(100_000.0)}
    save_checkpoint({"weights": torch.zeros(3)}, path)
    with room(size), pytest.raises(InputError, match="the disk is full: make room, and run again"):
        save_checkpoint(state, path)
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]
    assert same(load_checkpoint(path)["weights"], torch.zeros(3))
    save_checkpoint(state, path)
    assert same(load_checkpoint(path)["weights"], state["weights"])


def deep(levels: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


def doubled(levels: int) -> list[Any]:
    inner: list[Any] = [1]
    for _ in range(levels):
        inner = [inner, inner]
    return inner


ODD: dict[str, Callable[[], Any]] = {
    "a class": lambda: {"version": 4, "run": Path},
    "a module": lambda: torch.nn.Linear(1, 1),
    "a list": lambda: [1],
    "a number": lambda: 3,
    "a size": lambda: {"version": 4, "shape": torch.nn.Parameter},
    "bytes": lambda: {"version": 4, "bytes": b"1234"},
    "a set": lambda: {"version": 4, "set": {1, 2}},
    "no version": lambda: {"weights": 1},
    "a version of text": lambda: {"version": "4"},
    "a version that is true": lambda: {"version": True},
    "an expanded tensor": lambda: {"version": 4, "x": torch.zeros(1).expand(10**12)},
    "a sparse tensor": lambda: {"version": 4, "x": torch.eye(2).to_sparse()},
    "a tensor without data": lambda: {"version": 4, "x": torch.empty(10**12, device="meta")},
    "lists in lists": lambda: {"version": 4, "x": deep(300)},
    "lists that double": lambda: {"version": 4, "x": doubled(50)},
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_state_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save(ODD[kind](), path)
    with pytest.raises(InputError, match="delete it to start this phase over") as caught:
        load_checkpoint(path)
    sentence = str(caught.value)
    for advice in ("weights_only", "safe_globals", "trust", "\n"):
        assert advice not in sentence


def test_what_pytorch_refuses_is_said_without_its_advice(tmp_path: Path) -> None:
    torch.save({"version": 4, "run": Path}, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match=ODD_CONTENT):
        load_checkpoint(tmp_path / "checkpoint.pt")


class Makes:
    """Pickles as a call of ``bytearray``, which allocates whatever it is asked for."""

    def __reduce__(self) -> tuple[Any, ...]:
        return bytearray, (10**12,)


def test_memory_that_a_pickle_asks_for_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"version": 4}, path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            bomb = pickle.dumps({"version": 4, "x": Makes()}, protocol=2)
            archive.writestr(name, bomb if name.endswith("data.pkl") else content)
    program = (
        "import resource, sys, pathlib; from proxyless.runs.checkpoint import load_checkpoint\n"
        "resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))\n"
        "load_checkpoint(pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert "InputError: checkpoint" in done.stderr.splitlines()[-1]


def test_a_checkpoint_that_unpacks_to_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(50_000_000))
    with pytest.raises(InputError, match="it is compressed, which PyTorch's are not"):
        load_checkpoint(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"1234")
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02") + 20  # sizes in the directory of the archive
    content[place : place + 8] = (2**31 - 1).to_bytes(4, "little") * 2
    path.write_bytes(content)
    with pytest.raises(InputError, match="it unpacks to more than it is"):
        load_checkpoint(path)


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "a" * 5000, "data.pkl"])
def test_odd_names_in_a_checkpoint_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "checkpoint.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"1234")
    with pytest.raises(InputError, match="is damaged"):
        load_checkpoint(path)
    assert os.listdir(tmp_path) == ["checkpoint.pt"]


def test_a_checkpoint_is_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in {
        "pipe": "is no regular file",
        ".": "is a folder",
        "no": "not exist",
    }.items():
        with pytest.raises(InputError, match=words):
            load_checkpoint(tmp_path / name)


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("precious")
    (tmp_path / "checkpoint.pt").symlink_to(tmp_path / "theirs")
    save_checkpoint({"a": 1}, tmp_path / "checkpoint.pt")
    assert (tmp_path / "theirs").read_text() == "precious"
    assert load_checkpoint(tmp_path / "checkpoint.pt")["a"] == 1


@pytest.mark.parametrize(
    "error", [KeyError("x"), TypeError("y"), RuntimeError("z\nw"), IndexError()]
)
def test_a_state_that_does_not_fit_is_a_sentence(error: Exception) -> None:
    with (
        pytest.raises(InputError, match=r"^checkpoint c\.pt is damaged \(its state does not fit: "),
        misfits_refused(Path("c.pt")),
    ):
        raise error
    with pytest.raises(InputError, match=r"^said$"), misfits_refused(Path("c.pt")):
        raise InputError("said")


@pytest.mark.parametrize("value", ["1", None, True, [1.0], torch.ones(())])
def test_what_stands_for_a_number_is_none(value: object) -> None:
    assert checked_number(2.5) == 2.5
    with pytest.raises(TypeError):
        checked_number(value)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_where_memory_runs_out_nothing_is_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Or its owner would be told to delete a checkpoint that is whole."""
    path = tmp_path / "checkpoint.pt"
    save_checkpoint({}, path)

    def without_memory(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("torch.load", without_memory)
    with pytest.raises(InputError, match=r"checkpoint\.pt asks for more memory than there is now"):
        load_checkpoint(path)
