"""Nothing of a run is written where a link in it leads; the run itself may be a link."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import Finished
from support import run_cli

from proxyless.engine.tensorboard import TensorBoard
from proxyless.runs.links import check_inside
from proxyless.runs.phase_directory import PhaseDirectory
from search_spaces import InputError


def test_a_run_may_be_a_link_and_have_links_in_it(tmp_path: Path) -> None:
    (tmp_path / "disk/run/elsewhere").mkdir(parents=True)
    (tmp_path / "run").symlink_to(tmp_path / "disk/run")
    (tmp_path / "run/train").symlink_to(tmp_path / "disk/run/elsewhere")
    check_inside(tmp_path / "run", tmp_path / "run")
    check_inside(tmp_path / "run", tmp_path / "run/train")
    check_inside(tmp_path / "run", tmp_path / "run/search/new")
    PhaseDirectory.start(tmp_path / "run/train", {})
    assert (tmp_path / "disk/run/elsewhere/config.json").exists()


def test_a_run_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="run is a symbolic link that leads nowhere: remove it"):
        PhaseDirectory.start(tmp_path / "run/search", {})


@pytest.mark.parametrize("aim", ["../theirs", "/tmp", "../nowhere", "train"])
def test_a_link_that_leads_out_of_the_run_is_refused(tmp_path: Path, aim: str) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run/train").symlink_to(aim)
    for path in ("run/train", "run/train/tensorboard"):
        with pytest.raises(InputError, match="remove"):
            check_inside(tmp_path / "run", tmp_path / path)
    with pytest.raises(InputError, match="remove"):
        PhaseDirectory.start(tmp_path / "run/train", {})
    assert list((tmp_path / "theirs").iterdir()) == []


def test_tensorboard_does_not_write_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "run/train").mkdir(parents=True)
    (tmp_path / "run/train/tensorboard").symlink_to(tmp_path / "theirs")
    with pytest.raises(InputError, match="leads out of the run"):
        TensorBoard(tmp_path / "run/train").on_begin(0, 1)
    assert list((tmp_path / "theirs").iterdir()) == []


FILES = ("log.jsonl", "checkpoint.pt", "result.json", "weights.safetensors", "config.json")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FILES, "../provenance.json", "../report.html", "../model.onnx"])
@pytest.mark.parametrize("aim", ["file", "nothing"])
def test_files_of_a_run_that_are_links_are_not_written_through(
    finished: Finished, tmp_path: Path, name: str, aim: str
) -> None:
    run, victim = tmp_path / "run", tmp_path / "victim"
    shutil.copytree(finished.path, run)
    (run / "train/result.json").unlink()
    path = run / "train" / name
    content = path.read_bytes() if path.exists() else b"{}"
    if aim == "file":
        victim.write_bytes(content)
    path.unlink(missing_ok=True)
    path.symlink_to(victim)
    for command in (
        ("train", run, "--epochs", 4, "--batch-size", 16, "--compute", "cpu"),
        ("export", run, "--no-measure", "--max-drop", 100),
        ("report", run),
    ):
        assert run_cli(*command).status in (0, 2)
    assert not victim.exists() if aim == "nothing" else victim.read_bytes() == content


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["search", "train", "search/tensorboard"])
def test_verbs_refuse_folders_that_lead_out(
    finished: Finished, tmp_path: Path, folder: str
) -> None:
    run, theirs = tmp_path / "run", tmp_path / "theirs"
    shutil.copytree(finished.path, run)
    (run / "train/result.json").unlink()
    shutil.move(run / folder, theirs)
    (run / folder).symlink_to(theirs)
    before = {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()}
    config = json.loads((run / "search/config.json").read_text())
    searched = run_cli(
        "search", "--target-ms", finished.target_ms, "--data", config["task"]["data"], "--space",
        config["task"]["space"], "--table", config["devices"][0]["table"], "--out", run,
        "--warmup-epochs", 1, "--epochs", 4, "--interval", 1, "--batch-size", 8, "--compute",
        "cpu", "--tensorboard",
    )  # fmt: skip
    trained = run_cli("train", run, "--epochs", 4, "--batch-size", 16, "--compute", "cpu")
    refused = trained if folder == "train" else searched
    assert (refused.status, "leads out of the run" in refused.stderr) == (2, True)
    assert {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()} == before
