import json
import shutil
import sys
from pathlib import Path
from typing import Any

import onnx
import pytest
from conftest import Finished

from latency import Settings
from proxyless import benchmark
from search_spaces import InputError


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process is enough to see what a benchmark says."""
    monkeypatch.setattr(sys.modules["proxyless.benchmark"], "PROCESSES", 1)


@pytest.fixture(scope="module")
def rows(finished: Finished) -> dict[str, dict[str, Any]]:
    found = finished.json("benchmark")
    assert isinstance(found, list)
    return {Path(row["file"]).name: row for row in found}


def test_every_file_is_measured_by_its_runtime(rows: dict[str, dict[str, Any]]) -> None:
    assert {name: row["runtime"] for name, row in rows.items()} == {
        "model.onnx": "onnxruntime", "model.tflite": "litert", "foreign.onnx": "onnxruntime",
    }  # fmt: skip
    for row in rows.values():
        assert 0 < row["best_ms"] <= row["median_ms"] <= row["p95_ms"]


def test_prediction_stands_beside_the_measurement_of_this_device(
    rows: dict[str, dict[str, Any]], finished: Finished
) -> None:
    summary = json.loads((finished.path / "search" / "result.json").read_text())
    assert rows["model.onnx"]["predicted_ms"] == summary["predicted_ms"]


def test_nothing_is_predicted_of_foreign_files(rows: dict[str, dict[str, Any]]) -> None:
    assert rows["foreign.onnx"]["predicted_ms"] is None
    assert rows["model.tflite"]["predicted_ms"] is None


def test_rows_are_kept_in_the_run(rows: dict[str, dict[str, Any]], finished: Finished) -> None:
    kept = json.loads((finished.path / "benchmark.json").read_text())
    assert kept == {"rows": [rows["model.onnx"], rows["model.tflite"]]}


@pytest.mark.usefixtures("once")
def test_a_prediction_for_another_device_is_not_compared(
    tmp_path: Path, finished: Finished
) -> None:
    model = onnx.load(finished.path / "model.onnx")
    for entry in model.metadata_props:
        if entry.key == "proxyless.latency":
            entry.value = json.dumps({**json.loads(entry.value), "device": "0123456789ab"})
    onnx.save(model, tmp_path / "model.onnx")
    (row,) = benchmark([tmp_path / "model.onnx"], rounds=1)
    assert row.predicted_ms is None
    assert row.best_ms > 0


@pytest.mark.usefixtures("once")
def test_other_settings_are_not_compared_and_a_fixed_batch_is_said(
    finished: Finished,
) -> None:
    (row,) = benchmark([finished.path / "model.onnx"], Settings(batch=4), rounds=1)
    assert row.batch == 1, "the file runs one image a call, whatever was asked for"


@pytest.mark.usefixtures("once")
def test_damaged_model_is_named(tmp_path: Path, finished: Finished) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes((finished.path / "model.onnx").read_bytes()[:500])
    with pytest.raises(InputError, match="cannot open") as caught:
        benchmark([path], rounds=1)
    assert str(path) in str(caught.value)


def test_absent_and_unknown_files_are_refused_before_anything_runs(
    tmp_path: Path, finished: Finished
) -> None:
    shutil.copy(finished.path / "model.onnx", tmp_path / "model.pb")
    with pytest.raises(InputError, match=r"absent\.onnx does not exist.*proxyless export"):
        benchmark([finished.path / "model.onnx", tmp_path / "absent.onnx"])
    with pytest.raises(InputError, match=r"model\.pb is neither an \.onnx nor a \.tflite file"):
        benchmark([tmp_path / "model.pb"])
