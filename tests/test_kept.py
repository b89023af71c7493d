"""Files of earlier releases are read, and their interrupted work continues: see kept/README.md."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import pytest
import safetensors.torch
import torch
from nursery import Nursery
from support import Outcome, lines_of, run_cli

import latency
import proxyless
from proxyless.deploy.model_file import ModelFile
from search_spaces import Architecture, load_space

KEPT = Path(__file__).parent / "kept"
RELEASES = sorted(file.parent.name for file in KEPT.glob("*/expected.json"))
WORKER = Path(__file__).parent / "proxyless" / "distributed" / "forked_worker.py"
TABLES = ("plain", "calibrated", "int8", "imported", "fitted")
SEARCHES = ("gradient", "several")
HALVES = ("half-gradient", "half-two-path", "half-reinforce", "several")
SHARED_HALVES = ("half-delayed", "half-delayed-training")


@dataclass(frozen=True)
class Kept:
    """A copy of a release's files, which is the working directory, and the expected values."""

    folder: Path
    expected: dict[str, Any]


@pytest.fixture(params=RELEASES)
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    folder = Path(shutil.copytree(KEPT / request.param, tmp_path / "kept"))
    monkeypatch.chdir(folder)
    return Kept(folder, json.loads((folder / "expected.json").read_text()))


def json_of(*command: object) -> Any:
    return json.loads(succeeded(run_cli(*command, "--json")).stdout)


def succeeded(outcome: Outcome) -> Outcome:
    assert outcome.status == 0, outcome.stderr
    return outcome


def result_of(phase: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((phase / "result.json").read_text())
    return result


def test_a_release_is_kept() -> None:
    assert "0.2" in RELEASES


@pytest.mark.parametrize("name", TABLES)
def test_a_table_predicts_what_it_predicted(kept: Kept, name: str) -> None:
    expected, table = kept.expected["tables"][name], Path("tables", f"{name}.db")
    space = load_space("space.toml")
    predictor = latency.load_predictor(table, device=expected["device"])
    assert str(predictor.info) == expected["profile"]
    assert predictor.bounds(space) == pytest.approx(tuple(expected["bounds_ms"]))
    for network in expected["networks"]:
        operations = Architecture.choose(space, network["choices"]).operations
        assert predictor.network(operations) == pytest.approx(network["milliseconds"])


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_listed_and_shown(kept: Kept, name: str) -> None:
    expected, table = kept.expected["tables"][name], Path("tables", f"{name}.db")
    (row,) = json_of("tables", "list", table)
    assert row["operations"] == len(load_space("space.toml").operations())
    shown = json_of("tables", "show", table, "--device", expected["device"])
    assert shown["profile"] == expected["profile"]
    assert (shown["calibration"] is not None) == (name in ("calibrated", "fitted"))
    operations = {entry["operation"] for entry in shown["entries"]}
    assert operations == {operation.key for operation in load_space("space.toml").operations()}
    raw = latency.load_predictor(table, device=expected["device"], raw=True).entries
    milliseconds = {key: entry.milliseconds for key, entry in raw.items()}
    assert milliseconds == pytest.approx(expected["entries"])


def test_a_table_grows(kept: Kept) -> None:
    succeeded(
        run_cli("tables", "merge", "tables/plain.db", "tables/calibrated.db", "tables/int8.db")
    )
    assert len(json_of("tables", "list", "tables/plain.db")) == 2


def test_an_exported_table_is_imported(kept: Kept) -> None:
    options = ("--table", "again.db", "--device", "A phone", "--threads", 1)
    succeeded(run_cli("tables", "import", "published.yaml", *options))
    predicted = (
        latency.load_predictor(path, device="A phone").bounds(load_space("space.toml"))
        for path in (Path("again.db"), Path("tables/imported.db"))
    )
    assert next(predicted) == pytest.approx(next(predicted))


def test_measured_networks_are_fitted(kept: Kept) -> None:
    options = ("--space", "space.toml", "--table", "again.db", "--device", "A board")
    succeeded(run_cli("tables", "fit", "drawn/networks.csv", *options))
    predictor = latency.load_predictor(Path("again.db"), device="A board")
    expected = kept.expected["tables"]["fitted"]["bounds_ms"]
    assert predictor.bounds(load_space("space.toml")) == pytest.approx(tuple(expected), rel=1e-3)


@pytest.mark.parametrize("name", SEARCHES)
def test_the_networks_that_were_found_are_the_same(kept: Kept, name: str) -> None:
    space = load_space("space.toml")
    for run, expected in kept.expected["runs"][name]["networks"].items():
        architecture = Architecture.load(Path(run, "architecture.json"))
        assert list(architecture.labels) == expected["architecture"]
        chosen = Architecture.choose(space, expected["choices"])
        assert architecture.operations == chosen.operations
        assert architecture.parameters == expected["parameters"]


@pytest.mark.parametrize("name", SEARCHES)
def test_a_finished_search_has_ended_for_the_same_command(kept: Kept, name: str) -> None:
    before = Path("runs", name, "search", "checkpoint.pt").read_bytes()
    networks = kept.expected["runs"][name]["networks"]
    succeeded(run_cli(*kept.expected["runs"][name]["search"]))
    assert Path("runs", name, "search", "checkpoint.pt").read_bytes() == before
    for run, expected in networks.items():
        labels = Architecture.load(Path(run, "architecture.json")).labels
        assert list(labels) == expected["architecture"]


def test_a_finished_training_has_ended_for_the_same_command(kept: Kept) -> None:
    before = result_of(Path("runs/gradient/train"))
    printed = json_of(*kept.expected["runs"]["gradient"]["train"])
    assert {**printed, **before} == printed
    assert result_of(Path("runs/gradient/train")) == before


def test_trained_weights_are_as_accurate_as_they_were(kept: Kept) -> None:
    run = Path("runs/gradient")
    result = result_of(run / "train")
    network = Architecture.load(run / "architecture.json").build()
    network.load_state_dict(safetensors.torch.load_file(run / "train" / "weights.safetensors"))
    assert accuracy_of(network, result) == pytest.approx(result["test_accuracy"], abs=0.01)


def accuracy_of(network: torch.nn.Module, result: dict[str, Any]) -> float:
    """Return a network's accuracy on the test images of digits."""
    test = proxyless.open_data("digits").load(8).test
    mean, std = (torch.tensor(result[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    with torch.inference_mode():
        logits = network.eval()((test.images / 255 - mean) / std)
    return float((logits.argmax(1) == test.labels).float().mean())


@pytest.mark.slow
def test_a_trained_run_is_exported(kept: Kept) -> None:
    exported = proxyless.export(Path("runs/gradient"), output=Path("again.onnx"))
    result = result_of(Path("runs/gradient/train"))
    assert exported.test_accuracy == pytest.approx(result["test_accuracy"], abs=0.01)


def test_the_report_tells_the_whole_run(kept: Kept) -> None:
    succeeded(run_cli("report", "runs/gradient", "--out", "page.html"))
    page = Path("page.html").read_text()
    provenance = json.loads(Path("runs/gradient/provenance.json").read_text())
    assert {"search", "train", "model.onnx", "model.tflite", "benchmark.json"} <= set(provenance)
    accuracy = result_of(Path("runs/gradient/train"))["test_accuracy"]
    for words in (
        "kept",
        f"{100 * accuracy:.2f}",
        "model.onnx",
        "model-int8.tflite",
        "onnxruntime",
    ):
        assert words in page, words
    for origin in provenance.values():
        assert origin["version"] in page
        assert origin["date"][:10] in page


@pytest.mark.slow
def test_the_report_compares_runs(kept: Kept) -> None:
    succeeded(run_cli("report", "runs/gradient", "runs/several", "--out", "page.html"))
    page = Path("page.html").read_text()
    for name in ("gradient", "several/1", "several/2"):
        assert name in page


def test_an_exported_file_says_what_it_is(kept: Kept) -> None:
    model = onnx.load("runs/gradient/model.onnx")
    facts = {entry.key: entry.value for entry in model.metadata_props}
    Path("from-model.json").write_text(facts["proxyless.architecture"])
    written = Architecture.load(Path("from-model.json"))
    assert written == Architecture.load(Path("runs/gradient/architecture.json"))


@pytest.mark.slow
def test_exported_files_are_measured(kept: Kept) -> None:
    pytest.importorskip("ai_edge_litert", reason="TFLite is an optional dependency")
    kinds = ("model.onnx", "model-int8.onnx", "model.tflite", "model-int8.tflite")
    files = [Path("runs/gradient", name) for name in kinds]
    rows = json_of("benchmark", *files, "--rounds", 1, "--data", "digits")
    known = json.loads(Path("runs/gradient/benchmark.json").read_text())["rows"]
    assert len(rows) >= 5, "four files, and by its metadata the network in PyTorch"
    accuracies = {Path(row["file"]).name: row["accuracy"] for row in rows}
    before = {Path(row["file"]).name: row["accuracy"] for row in known}
    assert accuracies == pytest.approx(before, abs=0.02)


@pytest.mark.slow
def test_a_zoo_is_what_its_cards_say(kept: Kept) -> None:
    pytest.importorskip("ai_edge_litert", reason="TFLite is an optional dependency")
    succeeded(run_cli("zoo", "verify", "--zoo", "zoo"))


def test_a_model_of_a_zoo_is_loaded(kept: Kept) -> None:
    (row,) = json_of("zoo", "list", "--zoo", "zoo")
    assert "kept_digits" in row.values()
    card = json_of("zoo", "show", "kept_digits", "--zoo", "zoo")
    assert "kept_digits" in json.dumps(card)
    result = result_of(Path("runs/gradient/train"))
    network = proxyless.load("kept_digits", folder="zoo")
    assert accuracy_of(network, result) == pytest.approx(result["test_accuracy"], abs=0.01)


@pytest.mark.slow
def test_a_supernet_lends_its_weights(kept: Kept) -> None:
    shutil.rmtree("runs/gradient/train")
    result = json_of("train", "runs/gradient", "--from-supernet", "--epochs", 1)
    assert result["test_accuracy"] > 0.15


@pytest.mark.slow
@pytest.mark.parametrize("name", HALVES)
def test_what_was_interrupted_ends_as_it_would_have(kept: Kept, name: str) -> None:
    assert_ends_alike(kept, name, lambda command: succeeded(run_cli(*command)))


@pytest.mark.slow
def test_a_kept_configuration_continues_its_search(kept: Kept) -> None:
    run = "runs/half-gradient"
    config = ("--config", f"{run}/search/config.json")
    assert_ends_alike(
        kept, "half-gradient", lambda _: succeeded(run_cli("search", *config, "--out", run))
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARED_HALVES)
def test_what_workers_shared_ends_as_it_would_have(kept: Kept, name: str, nursery: Nursery) -> None:
    def run_workers(command: list[str]) -> None:
        with Path("output").open("w") as output:
            process = nursery.start(
                "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
                "--start-method", "fork", "--run-path", str(WORKER), *command, output=output,
                errors=output,
            )  # fmt: skip
        assert process.wait(240) == 0, Path("output").read_text()

    assert_ends_alike(kept, name, run_workers)


def assert_ends_alike(kept: Kept, name: str, run: Callable[[list[str]], object]) -> None:
    """Continue interrupted work and compare its result with that of an undisturbed run."""
    expected = kept.expected["halves"][name]
    phase = Path(expected["run"], expected["phase"])
    before = (phase / "log.jsonl").read_text().splitlines()
    assert 0 < len(before) < expected["epochs"]
    run(expected["command"])
    after = (phase / "log.jsonl").read_text().splitlines()
    assert after[: len(before) - 1] == before[:-1], "it did not begin anew"
    assert lines_of(phase / "log.jsonl") == expected["epochs"]
    result = result_of(phase)
    if expected["phase"] == "search":
        architecture = Architecture.load(Path(expected["run"], "architecture.json"))
        assert list(architecture.labels) == result["architecture"] == expected["architecture"]
    else:
        assert result["test_accuracy"] == pytest.approx(expected["test_accuracy"], abs=0.03)
        assert result["test_loss"] == pytest.approx(expected["test_loss"], rel=0.1)


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what release 0.1 left, which is the working directory."""
    folder = Path(shutil.copytree(KEPT / "0.1", tmp_path / "kept"))
    monkeypatch.chdir(folder)
    return folder


def test_a_run_of_release_0_1_is_exported(first: Path) -> None:
    exported = json_of("export", "runs/a", "--no-measure")
    accuracy = result_of(Path("runs/a/train"))["test_accuracy"]
    assert exported["test_accuracy"] == pytest.approx(accuracy)
    facts = ModelFile.load(Path(exported["path"])).facts
    assert facts is not None
    assert facts.latency is not None
    assert facts.latency.predicted_ms == result_of(Path("runs/a/search"))["predicted_ms"]


def test_a_file_of_release_0_1_is_measured(first: Path) -> None:
    rows = json_of("benchmark", "runs/a/model.onnx", "--data", "digits", "--rounds", 1)
    assert {row["accuracy_judges"] for row in rows} == {"held out", None}


def test_a_table_of_release_0_1_is_refused_in_a_sentence(first: Path) -> None:
    outcome = run_cli("tables", "list", "t.db")
    assert outcome.status == 2
    assert "t.db has schema version 1; this release reads 3: profile into" in outcome.stderr
