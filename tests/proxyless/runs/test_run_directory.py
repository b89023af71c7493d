import json
from dataclasses import MISSING, fields, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, strategies as st
from support import same

from proxyless import DeviceConfig, SearchConfig, TaskConfig
from proxyless.config import SyncConfig
from proxyless.runs.checkpoint import CHECKPOINT_VERSION, OLDEST_VERSION, load_checkpoint
from proxyless.runs.phase_directory import PhaseDirectory
from search_spaces import InputError
from search_spaces.files import write_atomically

TASK = TaskConfig("digits", "tiny", compute="cpu")
STATE = {"step": 3, "weights": torch.arange(500.0), "nested": {"rate": 0.5, "list": [1, None]}}


def directory_of(path: Path, target_ms: float = 1.0) -> PhaseDirectory:
    return PhaseDirectory.start(path, SearchConfig(TASK, (DeviceConfig("t.db", target_ms),)))


def test_checkpoint_round_trip(tmp_path: Path) -> None:
    directory = directory_of(tmp_path)
    assert directory.load() is None
    directory.save(STATE)
    found = directory.load()
    assert found is not None
    assert same({name: found[name] for name in STATE}, STATE)


def test_log_is_cut_back_to_the_checkpoint(tmp_path: Path) -> None:
    directory = directory_of(tmp_path)
    directory.log({"epoch": 0})
    directory.save(STATE)
    directory.log({"epoch": 1})
    directory.cut_log(directory.load())
    assert directory.log_path.read_text() == '{"epoch": 0}\n'


def test_log_of_a_worker_keeps_epochs_that_others_have_a_checkpoint_of(tmp_path: Path) -> None:
    directory = directory_of(tmp_path)
    directory.log({"epoch": 0})
    directory.save(STATE)
    for epoch in (1, 2, 3):
        directory.log({"epoch": epoch})
    lines = directory.log_path.read_text().splitlines(keepends=True)
    whole = "".join(lines) + '{"epo'
    for epochs in (0, 1, 2, 3, 4, 5):
        directory.log_path.write_text(whole)
        directory.cut_log(directory.load(), epochs)
        kept = lines[: min(max(epochs, 1), 4)]
        assert directory.log_path.read_text() == "".join(kept)
    directory.cut_log(None, 2)
    assert directory.log_path.read_text() == "".join(lines[:2])


def test_log_without_a_checkpoint_is_started_over(tmp_path: Path) -> None:
    directory = directory_of(tmp_path)
    directory.log({"epoch": 0})
    assert directory.load() is None
    directory.cut_log(None)
    assert directory.log_path.read_text() == ""


def test_same_configuration_reopens(tmp_path: Path) -> None:
    assert directory_of(tmp_path) == directory_of(tmp_path)


def test_other_configuration_is_refused_with_the_difference(tmp_path: Path) -> None:
    directory_of(tmp_path).save(STATE)
    with pytest.raises(InputError, match=r"was started with target_ms = 1\.0, not 2\.0") as caught:
        directory_of(tmp_path, target_ms=2.0)
    assert str(tmp_path) in str(caught.value)


def test_a_folder_in_which_nothing_was_begun_takes_another_configuration(tmp_path: Path) -> None:
    directory_of(tmp_path)
    directory_of(tmp_path, target_ms=2.0).save(STATE)
    assert directory_of(tmp_path, target_ms=2.0).load() is not None


def test_a_field_that_is_newer_than_a_run_has_its_default_there(tmp_path: Path) -> None:
    """Fields with a default may be missing, at any depth: an earlier release wrote the file."""
    sync = SyncConfig(workers=2)
    config = SearchConfig(TASK, (DeviceConfig("t.db", 1.0),), sync=sync)
    for group, kind in (((), SearchConfig), (("task",), TaskConfig), (("sync",), SyncConfig)):
        for field in fields(kind):
            if field.default is MISSING or field.name in ("data", "space", "compute", "sync"):
                continue  # what this configuration says itself
            folder = tmp_path / "-".join((*group, field.name))
            PhaseDirectory.start(folder, config).save(STATE)
            stored = json.loads((folder / "config.json").read_text())
            inner = stored
            for name in group:
                inner = inner[name]
            del inner[field.name]
            (folder / "config.json").write_text(json.dumps(stored))
            assert PhaseDirectory.is_begun(folder, config), field.name


def test_a_setting_that_is_no_more_is_a_difference(tmp_path: Path) -> None:
    directory_of(tmp_path).save(STATE)
    stored = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**stored, "teleport": True}))
    with pytest.raises(InputError, match="was started with teleport = True, not None"):
        directory_of(tmp_path)


@given(st.data())
def test_damaged_checkpoint_is_an_error_never_another_state(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = directory_of(tmp_path_factory.mktemp("phase"))
    directory.save(STATE)
    path = directory.path / "checkpoint.pt"
    content = bytearray(path.read_bytes())
    whole = directory.load()
    if data.draw(st.booleans(), label="cut short"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        found = load_checkpoint(path)
    except InputError as error:
        problem = str(error)
    else:
        problem = "" if same(found, whole) else "another state was loaded"
    assert not problem or "delete it to start this phase over" in problem, problem


def test_overwritten_anywhere_a_checkpoint_is_an_error(tmp_path: Path) -> None:
    directory = directory_of(tmp_path)
    directory.save(STATE)
    path = directory.path / "checkpoint.pt"
    content = path.read_bytes()
    for start in range(0, len(content), 16):
        overwritten = b"\xff" * len(content[start : start + 64])
        path.write_bytes(content[:start] + overwritten + content[start + 64 :])
        try:
            found = load_checkpoint(path)
        except InputError:
            continue
        assert same({name: found[name] for name in STATE}, STATE), start


def test_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    torch.save({"version": 99}, tmp_path / "checkpoint.pt")
    reads = f"has version 99; this release reads {OLDEST_VERSION} and {CHECKPOINT_VERSION}"
    with pytest.raises(InputError, match=reads):
        load_checkpoint(tmp_path / "checkpoint.pt")


def test_checkpoint_that_would_run_something_is_refused(tmp_path: Path) -> None:
    torch.save({"version": 1, "run": Path}, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match="is damaged"):
        load_checkpoint(tmp_path / "checkpoint.pt")


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert [file.name for file in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (TaskConfig("cifar10", "tiny"), TaskConfig("hub:cifar10", "tiny")),
        (TASK, replace(TASK, checkpoint_seconds=5.0)),
    ],
)
def test_what_changes_no_result_is_no_other_run(
    tmp_path: Path, before: TaskConfig, now: TaskConfig
) -> None:
    device = (DeviceConfig("t.db", 1.0),)
    PhaseDirectory.start(tmp_path, SearchConfig(before, device)).save({})
    assert PhaseDirectory.is_begun(tmp_path, SearchConfig(now, device))
    with pytest.raises(InputError, match="was started with seed"):
        PhaseDirectory.is_begun(tmp_path, SearchConfig(replace(now, seed=1), device))
