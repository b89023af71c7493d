"""Metadata that is damaged, or that lies: the file is measured as anybody else's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from conftest import Finished
from support import run_cli

from latency.hosts import LocalHost
from proxyless import benchmark
from proxyless.deploy import timing
from proxyless.deploy.benchmark.file import BenchmarkFile
from search_spaces import Architecture, InputError, Space
from search_spaces.graphs.layers import layers_in, layers_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "PROCESSES", 1)


def changed(finished: Finished, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the exported model with other metadata."""
    model = onnx.load(finished.path / "model.onnx")
    texts = {entry.key: entry.value for entry in model.metadata_props}
    change(texts)
    onnx.helper.set_model_props(model, texts)
    path = folder / "stranger.onnx"
    onnx.save(model, path)
    return path


def of_json(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def edit(texts: dict[str, Any]) -> None:
        key = f"proxyless.{name}"
        texts[key] = json.dumps(change(json.loads(texts[key])))

    return edit


def deep(texts: dict[str, Any]) -> None:
    texts["proxyless.latency"] = "[" * 100_000


def digits(texts: dict[str, Any]) -> None:
    texts["proxyless.latency"] = "9" * 5000


def not_a_number(texts: dict[str, Any]) -> None:
    texts["proxyless.test_accuracy"] = "NaN"


DAMAGE: list[Callable[[dict[str, Any]], None]] = [
    deep,
    digits,
    not_a_number,
    of_json("latency", lambda _: {}),
    of_json("latency", lambda _: []),
    of_json("latency", lambda latency: {**latency, "predicted_ms": -1}),
    of_json("latency", lambda latency: {**latency, "predicted_ms": "1"}),
    of_json("latency", lambda latency: {**latency, "settings": 3}),
    of_json("facts", lambda _: 99),
    of_json("facts", lambda _: "2"),
    of_json("test_accuracy", lambda _: 1.5),
    of_json("classes", lambda classes: classes[1:]),
    of_json("classes", lambda _: 7),
    of_json("normalisation", lambda one: {**one, "std": [0.0]}),
    of_json("normalisation", lambda one: {**one, "mean": [0.5, 0.5, 0.5]}),
    of_json("input", lambda one: {**one, "height": one["height"] + 1}),
    of_json("architecture", lambda _: {}),
    of_json("architecture", lambda _: {"operations": "all"}),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_costs_no_row(
    finished: Finished, tmp_path: Path, damage: Callable[[dict[str, Any]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    path = changed(finished, tmp_path, damage)
    file = BenchmarkFile.read(path)
    assert (file.facts, file.architecture) == (None, None)
    assert f"what {path} says of itself is not used: " in caplog.text


def test_rows_are_printed_with_the_warning(finished: Finished, tmp_path: Path) -> None:
    path = changed(finished, tmp_path, DAMAGE[3])
    outcome = run_cli("benchmark", finished.path / "model.onnx", path, "--rounds", 1, "--json")
    assert outcome.status == 0, outcome.stderr
    rows = json.loads(outcome.stdout)
    assert [Path(row["file"]).name for row in rows if row["times"]["runtime"] == "onnxruntime"] == [
        "model.onnx", "stranger.onnx",
    ]  # fmt: skip
    assert "latency: field 'predicted_ms' is missing" in " ".join(outcome.stderr.split())


@pytest.mark.parametrize("choices", [[0, 1, 2, 0], [3, 1, 2, 4]])
def test_another_network_is_not_believed(
    finished: Finished, tmp_path: Path, micro: Space, choices: list[int],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    other = Architecture.choose(micro, choices)
    mine = Architecture.load(finished.path / "architecture.json")
    if other.operations == mine.operations:
        pytest.skip("the search found this very network")
    told = json.loads(other.to_json())
    path = changed(finished, tmp_path, of_json("architecture", lambda _: told))
    (row,) = benchmark([path], rounds=1)
    assert row.times.runtime == "onnxruntime", "the other network is not run under this name"
    assert row.predicted_ms is None
    assert "it claims another network than its layers are" in caplog.text


@pytest.mark.parametrize("name", ["model.onnx", "model.tflite", "model-int8.onnx"])
def test_files_of_ours_are_believed(finished: Finished, name: str) -> None:
    path = finished.path / name
    mine = Architecture.load(finished.path / "architecture.json")
    assert layers_in(path.read_bytes(), path.suffix) == layers_of(mine.active)
    assert BenchmarkFile.read(path).architecture is not None


def test_what_cannot_be_kept_is_printed(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InputError("benchmark.json cannot be written: read-only")

    monkeypatch.setattr("proxyless.deploy.benchmark.save_benchmark", refuse)
    outcome = run_cli("benchmark", finished.path / "model.onnx", "--rounds", 1, "--json")
    assert outcome.status == 2
    assert json.loads(outcome.stdout)
    assert "cannot be written" in outcome.stderr


def test_a_runtime_that_fails_costs_the_others_nothing(
    finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = LocalHost.measure

    def failing(self: LocalHost, runtime: str, *rest: Any) -> Any:
        if runtime == "torch-cpu":
            raise InputError("runtime torch-cpu failed while measuring: made up")
        return measure(self, runtime, *rest)

    monkeypatch.setattr(LocalHost, "measure", failing)
    outcome = run_cli("benchmark", finished.path / "model.onnx", "--rounds", 1, "--json")
    assert outcome.status == 2
    assert [row["times"]["runtime"] for row in json.loads(outcome.stdout)] == ["onnxruntime"]
    assert "failed while measuring: made up" in outcome.stderr
