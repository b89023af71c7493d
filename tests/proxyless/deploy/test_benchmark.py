import json
import shutil
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import onnx
import pytest
from conftest import Finished
from support import run_cli, write_images

from latency import Settings, this_cpu
from latency.runtimes import RUNTIMES
from latency.runtimes.onnxruntime import OnnxRuntime
from proxyless import benchmark, export, open_data
from proxyless.cli.benchmark_output import show_benchmark
from proxyless.deploy import timing
from proxyless.deploy.benchmark import load_benchmark
from search_spaces import InputError

pytestmark = pytest.mark.slow


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process is enough to see what a benchmark says."""
    monkeypatch.setattr(timing, "PROCESSES", 1)


@pytest.fixture(scope="module")
def every(finished: Finished) -> list[dict[str, Any]]:
    found = finished.json("benchmark")
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
def rows(every: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows of files on the runtime of their suffix."""
    return {Path(row["file"]).name: row for row in every if row["times"]["runtime"] != "torch-cpu"}


def test_every_file_is_measured_by_its_runtime(
    rows: dict[str, dict[str, Any]], every: list[dict[str, Any]]
) -> None:
    assert {name: row["times"]["runtime"] for name, row in rows.items()} == {
        "model.onnx": "onnxruntime", "model.tflite": "litert", "foreign.onnx": "onnxruntime",
    }  # fmt: skip
    for row in every:
        times = row["times"]
        assert 0 < times["best_ms"] <= times["median_ms"] <= times["p95_ms"]
        assert times["fingerprint"] == this_cpu().fingerprint
        assert row["images_per_second"] == pytest.approx(1000 / times["median_ms"])
        assert row["file_bytes"] == Path(row["file"]).stat().st_size


def test_the_architecture_of_our_files_runs_on_pytorch_once(every: list[dict[str, Any]]) -> None:
    (row,) = [row for row in every if row["times"]["runtime"] == "torch-cpu"]
    assert Path(row["file"]).name == "model.onnx"
    assert (row["peak_memory_bytes"], row["accuracy"]) == (None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak")
def test_memory_is_what_the_file_adds(rows: dict[str, dict[str, Any]]) -> None:
    """A graph of one node needs next to nothing beside a network."""
    assert rows["foreign.onnx"]["peak_memory_bytes"] >= 0
    for name in ("model.onnx", "model.tflite"):
        assert 1e4 < rows[name]["peak_memory_bytes"] < 1e9


def test_prediction_stands_beside_the_measurement_of_this_device(
    rows: dict[str, dict[str, Any]], finished: Finished
) -> None:
    summary = json.loads((finished.path / "search" / "result.json").read_text())
    assert rows["model.onnx"]["predicted_ms"] == summary["predicted_ms"]


def test_nothing_is_predicted_of_foreign_files(rows: dict[str, dict[str, Any]]) -> None:
    assert rows["foreign.onnx"]["predicted_ms"] is None
    assert rows["model.tflite"]["predicted_ms"] is None, "the search was for ONNX Runtime"


def test_rows_are_kept_in_the_run(every: list[dict[str, Any]], finished: Finished) -> None:
    kept = json.loads((finished.path / "benchmark.json").read_text())
    assert kept == {
        "format": "proxyless.benchmark",
        "version": 2,
        "rows": [row for row in every if "foreign" not in row["file"]],
    }
    assert len(kept["rows"]) == 3


@pytest.mark.usefixtures("once")
def test_accuracy_and_reference_when_they_are_asked_for(finished: Finished, images: Path) -> None:
    files = [finished.path / "model.onnx", finished.path / "model.tflite"]
    rows = benchmark(files, rounds=1, data=str(images), reference=True)
    trained = json.loads((finished.path / "train" / "result.json").read_text())
    assert {row.times.runtime for row in rows} == {"onnxruntime", "litert", "torch-cpu"}
    for row in rows:
        assert row.reference is not None
        assert row.reference > 0
        if row.times.runtime != "torch-cpu":
            assert row.accuracy == pytest.approx(trained["test_accuracy"])


class Again(OnnxRuntime):
    """Another runtime for the same files."""

    name = "again"


@pytest.mark.usefixtures("once")
def test_a_file_runs_on_another_runtime_of_its_suffix_that_is_named(
    finished: Finished, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = finished.path / "model.onnx"
    with pytest.raises(InputError, match="none of these files runs on again: choose from onnx"):
        benchmark([path], rounds=1, runtimes=["again"])
    entry = EntryPoint("again", f"{__name__}:Again", RUNTIMES.group)
    monkeypatch.setitem(vars(RUNTIMES), "_offered", {"again": [entry]})
    (row,) = benchmark([path], rounds=1, runtimes=["again"])
    assert (row.times.runtime, row.of_file, row.peak_memory_bytes) == ("again", True, None)
    (unasked,) = [row for row in benchmark([path], rounds=1) if row.of_file]
    assert unasked.times.runtime == "onnxruntime"
    both = benchmark([path], rounds=1, runtimes=["onnxruntime", "again"])
    assert [row.times.runtime for row in both] == ["onnxruntime", "again"]
    show_benchmark(both, Settings(), wide=False)
    files = capsys.readouterr().out.partition("Files")[2]
    assert files.count("model.onnx") == 1


@pytest.mark.usefixtures("once")
def test_runtimes_can_be_chosen(finished: Finished) -> None:
    path = finished.path / "model.onnx"
    (row,) = benchmark([path], rounds=1, runtimes=["torch-cpu"])
    assert row.times.runtime == "torch-cpu"
    with pytest.raises(InputError, match="none of these files runs on litert: choose from onnx"):
        benchmark([path], rounds=1, runtimes=["litert"])


@pytest.mark.usefixtures("once")
def test_nothing_is_said_of_a_file_that_does_not_run_itself(
    finished: Finished, images: Path
) -> None:
    """On PyTorch its network runs, not the file: neither its memory nor its accuracy is of that."""
    files = [finished.path / "model.onnx", finished.path / "model.tflite"]
    rows = benchmark(files, rounds=1, runtimes=["torch-cpu", "litert"])
    by_runtime = {row.times.runtime: row for row in rows}
    assert by_runtime.keys() == {"torch-cpu", "litert"}
    assert by_runtime["torch-cpu"].peak_memory_bytes is None
    assert Path(by_runtime["litert"].file).suffix == ".tflite"
    with pytest.raises(InputError, match="not on torch-cpu: add onnxruntime to `runtimes`"):
        benchmark(files, rounds=1, runtimes=["torch-cpu"], data=str(images))


def test_rows_of_several_devices_name_each(
    monkeypatch: pytest.MonkeyPatch, finished: Finished
) -> None:
    """A GPU's times are not under the processor's name."""
    (first, *_) = load_benchmark(finished.path)
    first = replace(first, file="elsewhere/model.onnx")
    other = replace(first, times=replace(first.times, runtime="torch-cuda", device="A GPU"))
    shown = []
    for rows in ([first], [first, other]):
        monkeypatch.setattr("proxyless.deploy.benchmark.benchmark", mock.Mock(return_value=rows))
        shown.append(run_cli("benchmark", "elsewhere/model.onnx").stdout)
    assert shown[0].startswith(f"Measured on {first.times.device}, 1 thread")
    assert shown[1].startswith(shown[0].partition("Files")[0])
    assert "Measured on A GPU, 1 thread" in shown[1]


@pytest.mark.usefixtures("once")
def test_what_is_said_of_files_is_of_their_own_runtime(tmp_path: Path, finished: Finished) -> None:
    path = Path(shutil.copy(finished.path / "model-int8.onnx", tmp_path))
    arguments = ("benchmark", path, "--rounds", 1, "--runtime", "torch-cpu")
    both = run_cli(*arguments, "--runtime", "onnxruntime").stdout
    assert "int8" in both[both.index("Files") :]
    assert "Files" not in run_cli(*arguments).stdout


@pytest.mark.usefixtures("once")
def test_accuracy_on_data_of_another_kind_is_refused(
    finished: Finished, foreign_model: Path
) -> None:
    with pytest.raises(InputError, match=r"model.onnx cannot be had: the file tells other classes"):
        benchmark([finished.path / "model.onnx"], rounds=1, data="digits")
    with pytest.raises(InputError, match=r"foreign.onnx is of no use: its input of shape"):
        benchmark([foreign_model], rounds=1, data="digits")
    with pytest.raises(InputError, match="`reference` builds MobileNetV2 for the images"):
        benchmark([foreign_model, finished.path / "model.onnx"], rounds=1, reference=True)


@pytest.mark.usefixtures("once")
def test_a_prediction_for_another_device_is_not_compared(
    tmp_path: Path, finished: Finished
) -> None:
    model = onnx.load(finished.path / "model.onnx")
    for entry in model.metadata_props:
        if entry.key == "proxyless.latency":
            entry.value = json.dumps({**json.loads(entry.value), "device": "0123456789ab"})
    onnx.save(model, tmp_path / "model.onnx")
    (row, _) = benchmark([tmp_path / "model.onnx"], rounds=1)
    assert row.predicted_ms is None
    assert row.times.best_ms > 0


@pytest.mark.usefixtures("once")
def test_other_settings_are_not_compared_and_a_fixed_batch_is_said(
    finished: Finished,
) -> None:
    (row,) = benchmark([finished.path / "model.onnx"], Settings(batch=4), rounds=1)
    assert row.times.settings.batch == 1, "the file runs one image a call, whatever was asked for"


@pytest.mark.usefixtures("once")
def test_damaged_model_is_named(tmp_path: Path, finished: Finished) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes((finished.path / "model.onnx").read_bytes()[:500])
    with pytest.raises(InputError, match=r"is of no use: this is no \.onnx file") as caught:
        benchmark([path], rounds=1)
    assert str(path) in str(caught.value)


def test_absent_and_unknown_files_are_refused_before_anything_runs(
    tmp_path: Path, finished: Finished
) -> None:
    shutil.copy(finished.path / "model.onnx", tmp_path / "model.pb")
    with pytest.raises(InputError, match=r"absent\.onnx does not exist.*proxyless export"):
        benchmark([finished.path / "model.onnx", tmp_path / "absent.onnx"])
    with pytest.raises(InputError, match=r"model\.pb is no file that runs here: .* \.onnx,"):
        benchmark([tmp_path / "model.pb"])


@pytest.mark.usefixtures("once")
def test_the_reference_does_the_same_work(run: Path) -> None:
    """A file of another batch than asked for is not compared: MobileNetV2 would have that batch."""
    path = Path(export(run, batch=4, measure=False).path)
    (row,) = benchmark([path], rounds=1, reference=True, runtimes=["onnxruntime"])
    assert (row.times.settings.batch, row.reference) == (4, None)
    (row,) = benchmark(
        [path], Settings(batch=4), rounds=1, reference=True, runtimes=["onnxruntime"]
    )
    assert row.reference is not None


@pytest.fixture
def run(tmp_path: Path, finished: Finished) -> Path:
    """A copy of the finished run without its exported files."""
    ignored = shutil.ignore_patterns("model*", "tensorboard", "benchmark.json")
    return Path(shutil.copytree(finished.path, tmp_path / "run", ignore=ignored))


def pixel_model(path: Path, float_model: Path, mean: float, std: float) -> Path:
    """Wrap a file of ours into one that takes uint8 pixels, as somebody else would."""
    model = onnx.load(float_model)
    del model.metadata_props[:]
    graph = model.graph
    shape = [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim]
    for name, value in (("pixel_scale", 1 / (255 * std)), ("pixel_offset", -mean / std)):
        array = onnx.numpy_helper.from_array(np.array(value, np.float32), name)
        graph.initializer.append(array)
    nodes = [
        onnx.helper.make_node("Cast", ["pixels"], ["floats"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Mul", ["floats", "pixel_scale"], ["scaled"]),
        onnx.helper.make_node("Add", ["scaled", "pixel_offset"], [graph.input[0].name]),
        *graph.node,
    ]
    given = onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.UINT8, shape)
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.append(given)
    onnx.save(model, path)
    return path


@pytest.mark.usefixtures("once")
def test_somebody_elses_file_of_pixels_is_as_accurate(
    tmp_path: Path, finished: Finished, images: Path
) -> None:
    trained = json.loads((finished.path / "train" / "result.json").read_text())
    (mean,), (std,) = trained["mean"], trained["std"]
    path = pixel_model(tmp_path / "pixels.onnx", finished.path / "model.onnx", mean, std)
    files = [path, finished.path / "model.onnx"]
    row = next(one for one in benchmark(files, rounds=1, data=str(images)) if one.file == str(path))
    assert row.accuracy == pytest.approx(trained["test_accuracy"])
    assert row.times.settings.dtype == "float32"


@pytest.mark.usefixtures("once")
def test_accuracy_says_which_images_told_it(
    tmp_path: Path, finished: Finished, images: Path
) -> None:
    """No image is left out unless a file may have learned from the others."""
    model = finished.path / "model.onnx"
    foreign = pixel_model(tmp_path / "pixels.onnx", model, 0.5, 0.25)
    moved = Path(shutil.copytree(images, tmp_path / "moved"))
    others = write_images(tmp_path / "others", (5, 6, 7))
    split = tmp_path / "split"
    write_images(split / "train", (5, 6, 7))
    write_images(split / "test", (2, 3, 4))

    def judged(file: Path, data: Path) -> tuple[int | None, str | None]:
        row = benchmark([file], rounds=1, data=str(data), runtimes=["onnxruntime"])[0]
        return row.accuracy_images, row.accuracy_judges

    held_out = len(open_data(str(images)).test)
    assert judged(model, images) == judged(model, moved) == (held_out, "held out")
    assert judged(model, others) == (18, "all")
    assert judged(foreign, images) == (72, "all")
    assert judged(model, split) == judged(foreign, split) == (9, "test")


@pytest.mark.usefixtures("once")
def test_people_are_told_of_how_many_images(finished: Finished, images: Path) -> None:
    held_out = len(open_data(str(images)).test)
    arguments = (finished.path / "model.onnx", "--rounds", 1, "--data", images)
    outcome = run_cli("benchmark", *arguments)
    files = outcome.stdout[outcome.stdout.index("Files") :].splitlines()
    assert files[1].split()[-3:] == ["accuracy", "of", "images"]
    assert files[3].split()[-1] == str(held_out)
    assert "no test split: accuracy is over the fifth that training held out" in outcome.stderr


@pytest.mark.usefixtures("once")
def test_int8_is_seen_in_files_that_do_not_say_so(tmp_path: Path, run: Path) -> None:
    for name in ("onnx-int8", "tflite-int8"):
        made = Path(export(run, name, max_drop=100, measure=False).path)
        plain = tmp_path / f"plain{made.suffix}"
        if made.suffix == ".onnx":
            model = onnx.load(made)
            del model.metadata_props[:]
            onnx.save(model, plain)
        else:
            plain.write_bytes(made.read_bytes().replace(b"proxyless.", b"something."))
        (row,) = benchmark([plain], rounds=1)
        assert row.times.settings.dtype == "int8"


@pytest.mark.usefixtures("once")
def test_a_benchmark_keeps_what_earlier_ones_found(run: Path) -> None:
    path = Path(export(run, measure=False).path)
    assert run_cli("benchmark", path, "--rounds", 1).status == 0
    outcome = run_cli("benchmark", path, "--rounds", 1, "--runtime", "torch-cpu", "--threads", 2)
    assert outcome.status == 0, outcome.stderr
    assert run_cli("benchmark", path, "--rounds", 1, "--runtime", "torch-cpu").status == 0
    rows = json.loads((run / "benchmark.json").read_text())["rows"]
    assert [(row["times"]["runtime"], row["times"]["settings"]["threads"]) for row in rows] == [
        ("onnxruntime", 1), ("torch-cpu", 1), ("torch-cpu", 2),
    ]  # fmt: skip


@pytest.mark.usefixtures("once")
def test_folders_that_are_no_runs_are_left_alone(tmp_path: Path, run: Path) -> None:
    path = Path(export(run, measure=False).path)
    shutil.copy(run / "architecture.json", tmp_path)
    shutil.copy(path, tmp_path)
    assert run_cli("benchmark", tmp_path / "model.onnx", "--rounds", 1).status == 0
    assert not (tmp_path / "benchmark.json").exists()


def test_files_without_inputs_are_named(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Constant", [], ["y"], value_float=1.0)
    result = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [])
    graph = onnx.helper.make_graph([node], "constant", [], [result])
    opset = onnx.helper.make_opsetid("", 17)
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9), tmp_path / "c.onnx"
    )
    with pytest.raises(InputError, match=r"c\.onnx is of no use: it takes no input"):
        benchmark([tmp_path / "c.onnx"])
    (tmp_path / "broken.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(40))
    with pytest.raises(InputError, match=r"broken\.tflite is of no use"):
        benchmark([tmp_path / "broken.tflite"])
