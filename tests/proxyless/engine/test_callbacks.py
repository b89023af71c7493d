"""Callbacks of a loop: what they are told, in which order, and what is on disk by then."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import proxyless
from proxyless import Callback, DeviceConfig, SearchConfig, TaskConfig, TrainConfig
from proxyless.engine.callbacks import Progress, check_callbacks
from proxyless.engine.epoch_loop import EpochLoop
from proxyless.engine.random_streams import Streams
from proxyless.engine.trainer import SingleProcessTrainer
from proxyless.runs.phase_directory import PhaseDirectory
from proxyless.runs.results import TrainingEpoch
from search_spaces import Architecture, InputError, Space

PAGE = Path(__file__).resolve().parents[3] / "docs" / "callbacks.md"
STEPS_AN_EPOCH, EPOCHS = 3, 2


class Loop(EpochLoop[TrainingEpoch]):
    """A loop over six images in batches of two, whose steps do nothing."""

    def __init__(self, folder: Path, checkpoint_seconds: float = 0.0) -> None:
        directory = PhaseDirectory.start(folder, {})
        super().__init__(directory, Streams(0, ["order"]), 6, 2, EPOCHS, checkpoint_seconds)
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
        self.trainer = SingleProcessTrainer(optimizer)
        self.seen: list[int] = []
        self.restore()

    def run(self, progress: Progress | None = None, callbacks: Sequence[Callback] = ()) -> None:
        self.complete(lambda: None, progress, callbacks)

    def take_step(self, indices: Tensor) -> None:
        self.seen += indices.tolist()
        self.trainer.step()

    def end_epoch(self, epoch: int, seconds: float) -> TrainingEpoch:
        return TrainingEpoch(epoch=epoch, loss=1.5, accuracy=0.5, seconds=seconds)

    def state_dict(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.seen = state["seen"]


class Witness(Callback):
    """Writes down what it is told, and what the phase's folder holds at that moment."""

    def __init__(self, folder: Path, told: list[tuple[object, ...]] | None = None) -> None:
        self.folder = folder
        self.told: list[tuple[object, ...]] = [] if told is None else told

    def on_begin(self, done: int, total: int) -> None:
        self.told.append(("begin", done, total))

    def on_epoch(self, record: dict[str, Any]) -> None:
        last = json.loads((self.folder / "log.jsonl").read_text().splitlines()[-1])
        assert last == record
        self.told.append(("epoch", record["epoch"]))

    def on_checkpoint(self, step: int, state: Mapping[str, Any]) -> None:
        saved = PhaseDirectory(self.folder).load()
        assert saved is not None
        assert saved["trainer"]["position"] == state["trainer"]["position"] == step
        self.told.append(("checkpoint", step))

    def on_step(self, done: int, total: int) -> None:
        self.told.append(("step", done))

    def on_end(self) -> None:
        self.told.append(("end",))


def test_everything_is_told_in_order_and_is_on_disk_by_then(tmp_path: Path) -> None:
    loop, witness = Loop(tmp_path), Witness(tmp_path)
    loop.run(callbacks=[witness])
    expected: list[tuple[object, ...]] = [("begin", 0, 6)]
    for step in range(1, 7):
        ends = [("epoch", step // STEPS_AN_EPOCH - 1)] if step % STEPS_AN_EPOCH == 0 else []
        expected += [*ends, ("checkpoint", step), ("step", step)]
    assert witness.told == [*expected, ("end",)]
    assert sorted(loop.seen) == sorted([*range(6)] * EPOCHS)


def test_without_time_there_is_one_checkpoint_at_the_end(tmp_path: Path) -> None:
    witness = Witness(tmp_path)
    Loop(tmp_path, checkpoint_seconds=3600).run(callbacks=[witness])
    assert [event for event in witness.told if event[0] == "checkpoint"] == [("checkpoint", 6)]


def test_progress_is_told_last_and_as_ever(tmp_path: Path) -> None:
    told: list[tuple[object, ...]] = []

    def progress(done: int, total: int, record: dict[str, Any] | None) -> None:
        assert told[-1] == ("step", done)
        told.append(("progress", done, total, record and record["epoch"]))

    Loop(tmp_path).run(progress, [Witness(tmp_path, told)])
    lines = [event[1:] for event in told if event[0] == "progress"]
    assert lines == [(n, 6, {3: 0, 6: 1}.get(n)) for n in range(1, 7)]


def test_one_callback_hears_all_of_a_step_before_the_next_hears_any(tmp_path: Path) -> None:
    class Named(Callback):
        def __init__(self, name: str) -> None:
            self.name = name

        def on_epoch(self, record: dict[str, Any]) -> None:
            heard.append(f"{self.name} epoch")

        def on_step(self, done: int, total: int) -> None:
            heard.append(f"{self.name} step")

        def on_end(self) -> None:
            heard.append(f"{self.name} end")

    heard: list[str] = []
    Loop(tmp_path).run(callbacks=[Named("first"), Named("second")])
    assert heard[-6:] == [
        "first epoch", "first step", "second epoch", "second step", "second end", "first end",
    ]  # fmt: skip


def test_an_exception_ends_the_loop_which_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    class Stop(Witness):
        def on_step(self, done: int, total: int) -> None:
            super().on_step(done, total)
            if done == 4:
                raise KeyError

    whole = Loop(tmp_path / "whole")
    whole.run()
    stopped, after = Stop(tmp_path / "run"), Witness(tmp_path / "run")
    with pytest.raises(KeyError):
        Loop(tmp_path / "run").run(callbacks=[stopped])
    assert stopped.told[-1] == ("end",)
    resumed = Loop(tmp_path / "run")
    resumed.run(callbacks=[after])
    assert after.told[0] == ("begin", 4, 6)
    assert resumed.seen == whole.seen
    logged = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in logged] == [0, 1]


def test_a_finished_loop_begins_and_ends(tmp_path: Path) -> None:
    Loop(tmp_path).run()
    witness = Witness(tmp_path)
    Loop(tmp_path).run(callbacks=[witness])
    assert witness.told == [("begin", 6, 6), ("end",)]


def test_a_callback_cannot_spoil_what_the_others_are_told(tmp_path: Path) -> None:
    class Spoiler(Callback):
        def on_epoch(self, record: dict[str, Any]) -> None:
            record["epoch"] = "spoilt"
            del record["loss"]

    lines: list[dict[str, Any] | None] = []
    witness = Witness(tmp_path)
    Loop(tmp_path).run(lambda done, total, line: lines.append(line), [Spoiler(), witness])
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line for line in lines if line] == logged
    assert [event[1] for event in witness.told if event[0] == "epoch"] == [0, 1]


class FailsAtTheEnd(Callback):
    def on_end(self) -> None:
        raise KeyError


def test_results_are_written_before_the_end_is_told(tmp_path: Path) -> None:
    told: list[tuple[object, ...]] = []
    loop = Loop(tmp_path)
    with pytest.raises(KeyError):
        loop.complete(
            lambda: told.append(("results",)), callbacks=[Witness(tmp_path, told), FailsAtTheEnd()]
        )
    assert told[-3:] == [("step", 6), ("results",), ("end",)]
    assert Loop(tmp_path).complete(lambda: "results") == "results"


def test_an_exception_while_results_are_written_is_followed_by_the_end(tmp_path: Path) -> None:
    def finish() -> None:
        raise ValueError("the disk is full")

    witness = Witness(tmp_path)
    with pytest.raises(ValueError, match="the disk is full"):
        Loop(tmp_path).complete(finish, callbacks=[witness])
    assert witness.told[-1] == ("end",)


WRONG: dict[str, tuple[Any, str]] = {
    "a function": ([print], "has a builtin_function_or_method, which is no instance"),
    "a class": ([Callback(), Callback], "has the class Callback, which is no instance"),
    "a word": ("ab", "has a str, which is no instance"),
    "no list": (Callback(), "is a Callback itself: give a list of them"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_callback_is_refused_before_anything_is_begun(
    wrong: str, micro: Space, tmp_path: Path
) -> None:
    callbacks, words = WRONG[wrong]
    search = SearchConfig(TaskConfig("no-such-data"), (DeviceConfig("none.db"),), max_macs=1e6)
    train = TrainConfig(TaskConfig("no-such-data"), Architecture.choose(micro, [3, 4, 2, 0]))
    with pytest.raises(InputError, match=f"^`callbacks` {words}"):
        proxyless.search(search, tmp_path, callbacks=callbacks)
    with pytest.raises(InputError, match=f"^`callbacks` {words}"):
        proxyless.train(train, tmp_path, callbacks=callbacks)
    assert list(tmp_path.iterdir()) == []


def test_callbacks_may_come_from_a_generator() -> None:
    one = Callback()
    assert check_callbacks(callback for callback in [one]) == (one,)


def test_the_pages_mlflow_callback_logs_every_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[object, ...]] = []
    mlflow: Any = ModuleType("mlflow")
    mlflow.start_run = lambda: calls.append(("start",))
    mlflow.log_metrics = lambda numbers, step: calls.append((numbers.keys(), step))
    mlflow.end_run = lambda: calls.append(("end",))
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(program, names)
    Loop(tmp_path).run(callbacks=[names["MLflow"]()])
    numbers = {"loss", "accuracy", "seconds"}
    assert calls == [("start",), (numbers, 0), (numbers, 1), ("end",)]
