"""Searches and trainings: what they leave behind, and that a kill changes none of it."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from conftest import Finished
from nursery import Nursery
from support import lines_of, run_cli, run_until, same

from latency import load_predictor
from proxyless import Callback, DeviceConfig, SearchConfig, TaskConfig, TrainConfig, search, train
from proxyless.nas.updates import METHODS
from proxyless.runs.checkpoint import load_checkpoint
from proxyless.runs.results import TRAINING_RESULT, read_search_result
from search_spaces import Architecture, InputError, Space


class PulledPlugError(Exception):
    """Raised where a test pulls the plug."""


@dataclass(frozen=True)
class Case:
    """The options of a search, twice: for Python and for the command line."""

    config: SearchConfig
    options: tuple[object, ...]


@pytest.fixture(scope="module")
def case(images: Path, micro_file: Path, micro_table: Path, micro_target: float) -> Case:
    task = TaskConfig(
        str(images), str(micro_file), batch_size=8, compute="cpu", checkpoint_seconds=0.0
    )
    config = SearchConfig(
        task,
        (DeviceConfig(str(micro_table), micro_target),),
        warmup_epochs=3,
        epochs=9,
        architecture_interval=2,
    )
    options = (
        "--target-ms", micro_target, "--data", images, "--space", micro_file,
        "--table", micro_table, "--batch-size", 8, "--compute", "cpu", "--checkpoint-seconds", 0,
        "--warmup-epochs", 3, "--epochs", 9, "--interval", 2,
    )  # fmt: skip
    return Case(config, options)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, case: Case) -> Path:
    """A search and a training from beginning to end."""
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    outcome = run_cli("search", *case.options, "--out", run)
    assert outcome.status == 0, outcome.stderr
    outcome = run_cli("train", run, *train_options())
    assert outcome.status == 0, outcome.stderr
    return run


def train_options() -> tuple[object, ...]:
    return ("--epochs", 12, "--batch-size", 8, "--compute", "cpu", "--checkpoint-seconds", 0)


def log_of(phase: Path) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in (phase / "log.jsonl").read_text().splitlines()]
    for record in records:
        del record["seconds"]
    return records


def state_of(phase: Path) -> dict[str, Any]:
    state = load_checkpoint(phase / "checkpoint.pt")
    del state["log_length"], state["log_digest"]  # the log says what time an epoch took
    return state


def has_lines(log: Path, count: int) -> bool:
    return lines_of(log) >= count


def assert_same_phase(one: Path, other: Path) -> None:
    assert log_of(one) == log_of(other)
    assert same(state_of(one), state_of(other))
    assert json.loads((one / "result.json").read_text()) == json.loads(
        (other / "result.json").read_text()
    )


@pytest.mark.slow
def test_a_killed_search_ends_like_an_undisturbed_one(
    tmp_path: Path, undisturbed: Path, case: Case, nursery: Nursery
) -> None:
    run = tmp_path / "run"
    arguments = ("search", *case.options, "--out", run)
    log = run / "search" / "log.jsonl"
    for epochs in (1, 7):  # while weights warm up, and while the architecture moves
        run_until(nursery, partial(has_lines, log, epochs), *arguments)
        assert epochs <= lines_of(log) < 12
    assert run_cli(*arguments).status == 0
    assert_same_phase(run / "search", undisturbed / "search")
    name = "architecture.json"
    assert (run / name).read_bytes() == (undisturbed / name).read_bytes()


@pytest.mark.slow
def test_a_killed_training_ends_like_an_undisturbed_one(
    tmp_path: Path, undisturbed: Path, nursery: Nursery
) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run, ignore=shutil.ignore_patterns("train"))
    log = run / "train" / "log.jsonl"
    run_until(nursery, lambda: lines_of(log) >= 4, "train", run, *train_options())
    assert 4 <= lines_of(log) < 12
    assert run_cli("train", run, *train_options()).status == 0
    assert log_of(run / "train") == log_of(undisturbed / "train")
    assert same(state_of(run / "train"), state_of(undisturbed / "train"))
    weights = "train/weights.safetensors"
    assert (run / weights).read_bytes() == (undisturbed / weights).read_bytes()


def interrupt_at(step: int) -> Callable[..., None]:
    def progress(done: int, *_: object) -> None:
        if done == step:
            raise PulledPlugError

    return progress


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS.names())
def test_interrupted_at_any_step_every_method_goes_on_alike(
    tmp_path: Path, case: Case, method: str
) -> None:
    config = replace(case.config, method=method, warmup_epochs=1, epochs=3)
    whole, run = tmp_path / "whole" / "run", tmp_path / "broken" / "run"
    steps: list[int] = []
    search(config, whole, lambda done, total, _: steps.append(total))
    for step in (1, steps[0] // 2, steps[0] // 2 + 1, steps[0] - 1):
        with pytest.raises(PulledPlugError):
            search(config, run, interrupt_at(step))
    search(config, run)
    assert_same_phase(run / "search", whole / "search")
    assert (run / "architecture.json").read_bytes() == (whole / "architecture.json").read_bytes()


def test_steps_since_the_last_checkpoint_are_taken_again(tmp_path: Path, case: Case) -> None:
    task = replace(case.config.task, checkpoint_seconds=3600.0)
    config = replace(case.config, task=task, warmup_epochs=1, epochs=2)
    whole, run = tmp_path / "whole" / "run", tmp_path / "broken" / "run"
    search(config, whole)
    with pytest.raises(PulledPlugError):
        search(config, run, interrupt_at(9))
    assert lines_of(run / "search" / "log.jsonl") > 0
    assert not (run / "search" / "checkpoint.pt").exists()
    search(config, run)
    assert_same_phase(run / "search", whole / "search")


def test_a_finished_search_is_not_searched_again(undisturbed: Path, case: Case) -> None:
    before = {path: path.read_bytes() for path in undisturbed.rglob("*.pt")}
    taken: list[int] = []
    search(case.config, undisturbed, lambda done, *_: taken.append(done))
    assert taken == []
    assert before == {path: path.read_bytes() for path in undisturbed.rglob("*.pt")}


def test_another_seed_is_another_search(tmp_path: Path, undisturbed: Path, case: Case) -> None:
    config = replace(case.config, task=replace(case.config.task, seed=1), epochs=2)
    search(config, tmp_path / "run")
    assert log_of(tmp_path / "run" / "search")[0] != log_of(undisturbed / "search")[0]


@pytest.mark.slow
def test_a_growing_table_changes_nothing_of_a_started_search(
    tmp_path: Path, case: Case, micro_table: Path
) -> None:
    table = Path(shutil.copy(micro_table, tmp_path / "table.db"))
    config = replace(
        case.config, devices=(replace(case.config.devices[0], table=str(table)),), epochs=3
    )
    whole, run = tmp_path / "whole" / "run", tmp_path / "broken" / "run"
    search(config, whole)
    with pytest.raises(PulledPlugError):
        search(config, run, interrupt_at(8))
    connection = sqlite3.connect(table)
    connection.execute("UPDATE visits SET minimum_ms = 0.9 * minimum_ms")
    connection.commit()
    connection.close()
    search(config, run)
    assert_same_phase(run / "search", whole / "search")


def test_the_network_found_keeps_the_target(finished: Finished, micro: Space) -> None:
    summary = json.loads((finished.path / "search" / "result.json").read_text())
    assert 0.9 * finished.target_ms < summary["predicted_ms"] <= finished.target_ms
    architecture = Architecture.load(finished.path / "architecture.json")
    assert list(architecture.labels) == summary["architecture"]
    assert architecture.operations == Architecture.choose(micro, summary["choices"]).operations
    assert (architecture.parameters, architecture.macs) == (summary["parameters"], summary["macs"])
    labels = {label for block in summary["candidates"] for label in block}
    assert summary["styles"].keys() == labels
    assert summary["styles"]["MB2_5x5"]["variant"] == "expansion 2"


def test_predicted_latency_is_the_tables(finished: Finished, micro_table: Path) -> None:
    summary = json.loads((finished.path / "search" / "result.json").read_text())
    architecture = Architecture.load(finished.path / "architecture.json")
    predicted = load_predictor(micro_table).network(architecture.operations)
    assert summary["predicted_ms"] == pytest.approx(predicted)


def test_the_result_says_what_the_likeliest_candidates_would_take(
    finished: Finished, micro: Space, micro_table: Path
) -> None:
    summary = json.loads((finished.path / "search" / "result.json").read_text())
    costs = load_predictor(micro_table).costs(micro)
    rows = log_of(finished.path / "search")[-1]["probabilities"]
    likeliest = torch.tensor([row.index(max(row)) for row in rows])
    (budget,) = summary["budgets"]
    assert budget["aim"] == "match"
    assert budget["likeliest"] == pytest.approx(float(costs.of(likeliest)))
    assert summary["candidate_ms"] == [
        costs.choices[block, : len(row)].tolist() for block, row in enumerate(rows)
    ]


def test_log_has_a_line_an_epoch(finished: Finished, micro: Space) -> None:
    records = log_of(finished.path / "search")
    assert [record["epoch"] for record in records] == [0, 1, 2, 3, 4]
    assert [record["phase"] for record in records] == ["warmup"] + ["search"] * 4
    widths = [len(block.candidates) for block in micro.blocks]
    for record in records:
        assert [len(row) for row in record["probabilities"]] == widths
        assert [sum(row) for row in record["probabilities"]] == pytest.approx([1] * 4)
    frozen = [record["validation_loss"] is None for record in records]
    assert frozen == [True, True, False, False, False]
    assert records[1]["probabilities"] == records[0]["probabilities"]
    assert records[4]["probabilities"] != records[1]["probabilities"]


def test_training_learns_and_is_tested_once(undisturbed: Path) -> None:
    result = json.loads((undisturbed / "train" / "result.json").read_text())
    losses = [record["loss"] for record in log_of(undisturbed / "train")]
    assert len(losses) == result["epochs"] == 12
    assert losses[-1] < losses[0]
    assert (result["train_images"], result["test_images"]) == (58, 14)
    assert result["test_accuracy"] > 0.5


def test_trained_weights_are_the_checkpoints(undisturbed: Path) -> None:
    weights = safetensors.torch.load_file(undisturbed / "train" / "weights.safetensors")
    network = state_of(undisturbed / "train")["loop"]["network"]
    assert same(weights, {name: value.contiguous() for name, value in network.items()})


def test_options_that_differ_are_refused(undisturbed: Path, case: Case) -> None:
    before = (undisturbed / "search" / "checkpoint.pt").read_bytes()
    outcome = run_cli("search", *case.options, "--seed", 7, "--out", undisturbed)
    assert outcome.status == 2
    assert "seed = 0, not 7" in outcome.stderr
    outcome = run_cli("train", undisturbed, *train_options(), "--epochs", 13)
    assert outcome.status == 2
    assert "was started with epochs = 12, not 13" in outcome.stderr
    assert (undisturbed / "search" / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "named"),
    [(("--space", "tiny"), "space"), (("--table", "other.db"), "devices"),
     (("--max-peak-memory", "3KB"), "max_peak_memory")],
)  # fmt: skip
def test_another_goal_is_refused_before_anything_is_made_of_it(
    undisturbed: Path, case: Case, more: tuple[object, ...], named: str
) -> None:
    outcome = run_cli("search", *case.options, *more, "--out", undisturbed)
    assert outcome.status == 2
    assert f"was started with {named} = " in outcome.stderr


def test_a_space_that_has_changed_is_refused(
    tmp_path: Path, undisturbed: Path, case: Case, micro_file: Path
) -> None:
    run = Path(shutil.copytree(undisturbed, tmp_path / "run"))
    space = micro_file.read_text()
    try:
        micro_file.write_text(space.replace("kernels = [3, 5]", "kernels = [5, 3]"))
        outcome = run_cli("search", *case.options, "--out", run)
    finally:
        micro_file.write_text(space)
    assert outcome.status == 2
    assert "was started with another space micro: its file or the data has changed" in (
        outcome.stderr
    )


def test_a_search_that_diverges_says_so_and_saves_nothing_of_it(tmp_path: Path, case: Case) -> None:
    run = tmp_path / "run"
    steep = ("--warmup-learning-rate", 1000, "--weight-decay", 1)
    outcome = run_cli("search", *case.options, *steep, "--out", run)
    assert outcome.status == 2
    assert "the training has diverged" in outcome.stderr
    saved = load_checkpoint(run / "search" / "checkpoint.pt")
    assert saved["loop"]["training"]["loss"] < float("inf")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--seed", -1), "--seed -1 is not at least 0"),
        (("--warmup-learning-rate", "nan"), "--warmup-learning-rate nan is no number"),
        (("--latency-loss", "typo"), "--latency-loss 'typo' is not multiplier"),
    ],
)
def test_options_that_cannot_work(
    tmp_path: Path, case: Case, options: tuple[object, ...], sentence: str
) -> None:
    outcome = run_cli("search", *case.options, *options, "--out", tmp_path / "run")
    assert outcome.status == 2
    assert sentence in outcome.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("phase", ["search", "train"])
@pytest.mark.parametrize("damage", ["truncated", "overwritten", "empty"])
def test_damaged_checkpoint_is_named(
    tmp_path: Path, undisturbed: Path, case: Case, phase: str, damage: str
) -> None:
    run = Path(shutil.copytree(undisturbed, tmp_path / "run"))
    path = run / phase / "checkpoint.pt"
    (run / phase / "result.json").unlink()  # as if it had been interrupted
    content = path.read_bytes()
    middle = len(content) // 2
    damaged = {
        "truncated": content[:middle],
        "overwritten": content[:middle] + b"\xff" * 64 + content[middle + 64 :],
        "empty": b"",
    }
    path.write_bytes(damaged[damage])
    arguments = {"search": (*case.options, "--out", run), "train": (run, *train_options())}
    outcome = run_cli(phase, *arguments[phase])
    assert outcome.status == 2
    assert f"checkpoint {path} is damaged" in outcome.stderr
    assert "delete it to start this phase over" in outcome.stderr


def test_a_search_too_short_to_move_is_refused(tmp_path: Path, case: Case) -> None:
    config = replace(case.config, epochs=2, architecture_interval=1000)
    with pytest.raises(InputError, match="would never move the architecture"):
        search(config, tmp_path / "run")


def test_an_architecture_for_other_data_is_refused(undisturbed: Path) -> None:
    architecture = Architecture.load(undisturbed / "architecture.json")
    config = TrainConfig(TaskConfig("digits", ""), architecture)
    with pytest.raises(InputError, match="tells 3 classes apart, but digits has 1 channels and 10"):
        train(config, undisturbed)


def test_training_an_architecture_of_ones_own(
    tmp_path: Path, undisturbed: Path, images: Path
) -> None:
    shutil.copy(undisturbed / "architecture.json", tmp_path)
    options = ("--data", images, "--epochs", 1, "--compute", "cpu")
    assert run_cli("train", tmp_path, *options).status == 0
    assert (tmp_path / "train" / "weights.safetensors").is_file()


def test_bfloat16_learns_too_and_leaves_float32(tmp_path: Path, case: Case) -> None:
    task = replace(case.config.task, precision="bfloat16")
    (found,) = search(replace(case.config, task=task, epochs=3), tmp_path)
    losses = [record["loss"] for record in log_of(tmp_path / "search")]
    assert losses[-1] < losses[0]
    train(TrainConfig(task, found.architecture, epochs=2), tmp_path)
    weights = safetensors.torch.load_file(tmp_path / "train" / "weights.safetensors")
    floating = [value.dtype for value in weights.values() if value.is_floating_point()]
    assert set(floating) == {torch.float32}


def test_random_numbers_of_the_caller_are_not_touched(tmp_path: Path, case: Case) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    search(replace(case.config, warmup_epochs=0, epochs=2), tmp_path / "run")
    assert torch.equal(torch.get_rng_state(), before)


class RaisesAtTheEnd(Callback):
    def on_end(self) -> None:
        raise PulledPlugError


def test_a_callback_that_raises_at_the_end_comes_after_the_results(
    case: Case, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    config = replace(case.config, warmup_epochs=1, epochs=2, architecture_interval=1)
    with pytest.raises(PulledPlugError):
        search(config, run, callbacks=[RaisesAtTheEnd()])
    (network,) = search(config, run)
    assert read_search_result(run / "search") == network.result
    assert Architecture.load(run / "architecture.json") == network.architecture
    training = TrainConfig(config.task, network.architecture, epochs=1)
    with pytest.raises(PulledPlugError):
        train(training, run, callbacks=[RaisesAtTheEnd()])
    assert (run / "train" / "weights.safetensors").exists()
    assert TRAINING_RESULT.read(run / "train" / "result.json").epochs == 1
