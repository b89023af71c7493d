"""The page's first strip: target, prediction and measurement, or what is missing of them."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from html_page import Page
from made_up_run import benchmark_row, edit, time_budget, write_json, write_run

from proxyless.reporting import report
from proxyless.reporting.route import Route, Stop
from proxyless.reporting.run import load_runs
from proxyless.reporting.words import NOTHING
from search_spaces import Space, load_space


@pytest.fixture(scope="module")
def space() -> Space:
    return load_space("tiny")


@pytest.fixture
def run(tmp_path: Path, space: Space) -> Path:
    folder = tmp_path / "digits"
    write_run(folder, space, random.Random(0))
    return folder


def change(run: Path, **result: Any) -> None:
    edit(run / "search" / "result.json", lambda found: found.update(result))


def stops(run: Path) -> tuple[Stop, Stop, Stop]:
    (loaded,) = load_runs([run])
    return Route.of(loaded).stops


def test_target_prediction_and_measurement_come_first(run: Path) -> None:
    asked, predicted, measured = stops(run)
    assert (asked.label, asked.value) == ("target", "0.42 ms")
    assert asked.note == "the space reaches 0.211 ms to 0.732 ms"
    assert (predicted.label, predicted.value) == ("predicted", "0.4057 ms")
    assert predicted.note == "± 2.4 % in 9 of 10 later measurements"
    assert (measured.label, measured.value) == ("measured", "0.4126 ms")
    assert measured.deviation == "+1.7 %"
    assert measured.note.startswith("onnxruntime 1.31.1 on AMD EPYC (2 cores), 1 thread, batch 1")
    assert measured.note.endswith("; inside the interval")
    assert not [command for stop in stops(run) for command in stop.commands]
    words = " ".join(" ".join(Page(report(run).read_text()).words).split())
    figures = ("0.42 ms", "0.4057 ms", "0.4126 ms (+1.7 %)", "98.76 %", "Architecture")
    places = [words.index(figure) for figure in figures]
    assert places == sorted(places)


def test_outside_the_interval_is_said(run: Path) -> None:
    change(run, relative_error=0.01)
    assert stops(run)[2].note.endswith("; outside the interval")
    change(run, relative_error=None)
    _, predicted, measured = stops(run)
    assert predicted.note.endswith("its table states no error")
    assert "interval" not in measured.note


def test_a_limit_is_no_target(run: Path) -> None:
    change(run, budgets=[time_budget(0.42, None, aim="fill")])
    assert stops(run)[0].label == "at most"


def test_further_budgets_are_named(run: Path) -> None:
    cap = {**time_budget(300_000, None, aim="cap"), "unit": "parameters"}
    change(run, budgets=[time_budget(0.42, None), cap], max_peak_memory=2_000_000)
    note = "and at most 300 k parameters and 2 M bytes of activations; the space reaches"
    assert stops(run)[0].note.startswith(note)


def test_without_a_time_the_command_for_one_is_named(run: Path) -> None:
    cap = {**time_budget(300_000, None, aim="cap"), "unit": "parameters"}
    change(run, target_ms=None, budgets=[cap])
    asked, predicted, _ = stops(run)
    assert asked.value == NOTHING
    assert asked.note.startswith("No time was asked for, but at most 300 k parameters.")
    assert asked.commands == (f"proxyless search --target-ms MS --out {run}-searched",)
    assert predicted.value == "0.4057 ms"


def test_results_of_before_budgets_were_kept_have_their_target(run: Path) -> None:
    edit(run / "search" / "result.json", lambda found: found.pop("budgets"))
    asked = stops(run)[0]
    assert (asked.label, asked.value) == ("target", "0.42 ms")


def test_a_network_that_nobody_searched_for(run: Path) -> None:
    shutil.rmtree(run / "search")
    asked, predicted, measured = stops(run)
    assert asked.value == NOTHING
    assert asked.commands == (f"proxyless search --target-ms MS --out {run}-searched",)
    assert (predicted.value, predicted.note) == ("0.4057 ms", "as the exported file says")
    assert measured.deviation == "+1.7 %"
    (run / "benchmark.json").unlink()
    assert [stop.value for stop in stops(run)] == [NOTHING] * 3


def test_what_is_not_measured_yet_has_its_commands(run: Path) -> None:
    (run / "benchmark.json").unlink()
    assert stops(run)[2].commands == (f"proxyless benchmark {run}/model.onnx",)
    (run / "model.onnx").unlink()
    shutil.rmtree(run / "train")
    measured = stops(run)[2]
    assert measured.value == NOTHING
    assert measured.commands == (
        f"proxyless train {run}",
        f"proxyless export {run}",
        f"proxyless benchmark {run}/model.onnx",
    )
    codes = Page(report(run).read_text()).codes
    assert [code for code in codes if code in measured.commands][:3] == list(measured.commands)


def test_commands_measure_what_the_prediction_is_for(run: Path) -> None:
    (run / "benchmark.json").unlink()
    change(run, runtime="litert", settings={"threads": 2, "batch": 4, "dtype": "int8"})
    assert stops(run)[2].commands == (
        f"proxyless export {run} --format tflite-int8",
        f"proxyless benchmark {run}/model-int8.tflite --threads 2 --batch 4",
    )


def test_a_measurement_of_something_else_is_no_deviation(run: Path) -> None:
    row = {**benchmark_row(0.9), "predicted_ms": None}
    write_json(run / "benchmark.json", {"rows": [row]})
    measured = stops(run)[2]
    assert (measured.value, measured.deviation) == ("0.9 ms", "")
    assert "not what the prediction is for" in measured.note
    assert measured.commands == (f"proxyless benchmark {run}/model.onnx",)


def test_paths_with_blanks_are_quoted(run: Path) -> None:
    (run / "benchmark.json").unlink()
    other = run.with_name("my digits")
    run.rename(other)
    command = stops(other)[2].commands[0]
    assert command == f"proxyless benchmark '{other}/model.onnx'"
    assert command in Page(report(other).read_text()).codes


def test_compared_runs_have_a_strip_each(tmp_path: Path, space: Space) -> None:
    runs = [tmp_path / name for name in ("one", "other")]
    for number, folder in enumerate(runs):
        write_run(folder, space, random.Random(number))
    page = report(runs).read_text()
    front = page[: page.index("Comparison</h2>")]
    assert front.count('<ol class="route">') == 2
    assert all(f'href="#run-{number}"' in front for number in (1, 2))
