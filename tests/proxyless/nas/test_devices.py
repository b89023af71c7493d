"""Several devices in one search."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support import run_cli

from latency import load_predictor
from proxyless import DeviceConfig, SearchConfig, TaskConfig, search
from proxyless.runs.provenance import load_provenance
from search_spaces import Architecture, Space

OPTIONS = (
    "--warmup-epochs", 1, "--epochs", 3, "--interval", 1, "--batch-size", 8, "--compute", "cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def targets(micro: Space, micro_table: Path) -> list[float]:
    low, high = load_predictor(micro_table).bounds(micro)
    return [low + share * (high - low) for share in (0.4, 0.7)]


@pytest.fixture(scope="module")
def arguments(
    images: Path, micro_file: Path, micro_table: Path, targets: Sequence[float]
) -> tuple[object, ...]:
    return (
        "search", "--data", images, "--space", micro_file, "--table", micro_table,
        "--max-ms", targets[0], "--max-ms", targets[1], "--pareto", 2, *OPTIONS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, arguments: Sequence[object]) -> Path:
    run = tmp_path_factory.mktemp("devices") / "run"
    outcome = run_cli(*arguments, "--tensorboard", "--out", run)
    assert outcome.status == 0, outcome.stderr
    assert "device 2 of 2" in outcome.stdout
    return run


def test_every_device_has_a_network_within_its_own_budget(
    run: Path, targets: Sequence[float], micro_table: Path, micro: Space
) -> None:
    costs = load_predictor(micro_table).costs(micro)
    for folder, target in zip((run / "1", run / "2"), targets, strict=True):
        result = json.loads((folder / "search" / "result.json").read_text())
        predicted = float(costs.of(torch.tensor(result["choices"])))
        assert predicted == pytest.approx(result["predicted_ms"])
        assert 0.9 * target < predicted <= target
        network = Architecture.load(folder / "architecture.json")
        assert network.operations == Architecture.choose(micro, result["choices"]).operations
        assert network.name == f"run-{folder.name}"
        assert result["target_ms"] == target
    assert not (run / "architecture.json").exists()


def test_every_run_of_the_search_notes_its_command(run: Path) -> None:
    folders = [run, *(run / n for n in "12"), *(run / n / "pareto" / m for n in "12" for m in "12")]
    commands = {load_provenance(folder)["search"].command for folder in folders}
    assert len(commands) == 1
    (command,) = commands
    assert command is not None
    assert command.startswith("proxyless search --data ")
    assert command.endswith(f"--out {run}")


def test_a_devices_folder_is_a_run(run: Path) -> None:
    shared = json.loads((run / "search" / "log.jsonl").read_text().splitlines()[-1])
    for number, its in enumerate(shared["devices"], 1):
        folder = run / str(number)
        last = json.loads((folder / "search" / "log.jsonl").read_text().splitlines()[-1])
        assert last["probabilities"] == its["probabilities"]
        assert last["loss"] == shared["loss"]
        assert run_cli("report", folder).status == 0
        assert (folder / "report.html").exists()
    train = ("--epochs", 1, "--compute", "cpu")
    assert run_cli("train", run / "1", *train).status == 0
    assert run_cli("train", run / "2" / "pareto" / "1", *train).status == 0


@pytest.mark.parametrize("verb", ["train", "export"])
def test_the_run_of_several_devices_asks_for_one(run: Path, verb: str) -> None:
    outcome = run_cli(verb, run)
    assert outcome.status == 2
    assert f"{run} holds a network for each of several devices: name one, {run}/1" in outcome.stderr


def test_the_report_of_several_devices_compares_them(run: Path) -> None:
    assert run_cli("report", run).status == 0
    assert "Networks on the same scale" in (run / "report.html").read_text()


def test_json_is_a_list_with_a_value_a_device(run: Path, arguments: Sequence[object]) -> None:
    outcome = run_cli(*arguments, "--json", "--out", run)  # finished: found again
    found = json.loads(outcome.stdout)
    unconverged = sum(not one["converged"] for one in found)
    assert outcome.stderr.count("The search has not converged") == unconverged
    said = " ".join(outcome.stderr.split())
    assert said.count("leaves room") + said.count("states no error") == 2
    assert "Device 1: " in said
    assert [one["run"] for one in found] == [f"{run}/1", f"{run}/2"]
    assert found[0]["choices"] == _result(run / "1")["choices"]


def _result(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "search" / "result.json").read_text()))


class PulledPlugError(Exception):
    """Raised where a test pulls the plug."""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["gradient", "two-path", "reinforce", "random"])
def test_interrupted_it_goes_on_alike(
    tmp_path: Path,
    images: Path,
    micro_file: Path,
    micro_table: Path,
    targets: Sequence[float],
    method: str,
) -> None:
    task = TaskConfig(
        str(images), str(micro_file), batch_size=8, compute="cpu", checkpoint_seconds=0
    )
    devices = tuple(DeviceConfig(str(micro_table), one) for one in targets)
    config = SearchConfig(
        task, devices, method=method, warmup_epochs=1, epochs=3, architecture_interval=1
    )

    def progress(done: int, *_: object) -> None:
        if done == 8:
            raise PulledPlugError

    whole = search(config, tmp_path / "whole" / "run")
    with pytest.raises(PulledPlugError):
        search(config, tmp_path / "broken" / "run", progress)
    resumed = search(config, tmp_path / "broken" / "run")
    assert [one.result for one in resumed] == [one.result for one in whole]
    assert [one.architecture for one in resumed] == [one.architecture for one in whole]
    steps = [one.result.architecture_updates for one in whole]
    assert steps == {"gradient": [10, 10], "random": [0, 0]}.get(method, [5, 5])


def test_devices_do_not_share_what_they_prefer(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, targets: Sequence[float]
) -> None:
    """Two devices with one target are two searches; with one gate gradient they learn alike."""
    task = TaskConfig(str(images), str(micro_file), batch_size=8, compute="cpu")
    devices = tuple(DeviceConfig(str(micro_table), targets[0]) for _ in range(2))
    config = SearchConfig(task, devices, warmup_epochs=0, epochs=3, architecture_interval=1)
    one, other = search(config, tmp_path / "run")
    assert one.result.expected_ms == pytest.approx(other.result.expected_ms, rel=0.05)
    apart = replace(devices[1], target_ms=targets[1])
    config = replace(config, devices=(devices[0], apart))
    first, second = search(config, tmp_path / "apart")
    assert second.result.expected_ms > first.result.expected_ms


def test_a_device_that_cannot_be_reached_is_refused_before_training(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, targets: Sequence[float]
) -> None:
    outcome = run_cli(
        "search", "--data", images, "--space", micro_file, "--table", micro_table,
        "--target-ms", targets[0], "--target-ms", 1e-9, *OPTIONS, "--out", tmp_path / "run",
    )  # fmt: skip
    assert outcome.status == 2
    assert "--target-ms 1e-09 is below what the space can reach" in outcome.stderr
    assert not (tmp_path / "run").exists()
