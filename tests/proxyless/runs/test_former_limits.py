"""Runs of release 0.2 are continued and reported: its words for limits are read."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from made_up_run import time_budget, write_search
from support import same

from proxyless import Callback, DeviceConfig, SearchConfig, TaskConfig, search
from proxyless.reporting.records import load_search
from proxyless.runs.checkpoint import load_checkpoint
from proxyless.runs.former_names import current_aim, current_budget, current_limit_name
from proxyless.runs.results import Aim
from search_spaces import Space

FORMER = {"match": "hold", "maximise": "fill", "at most": "cap"}


class PulledPlugError(Exception):
    """Raised where a test pulls the plug."""


class StopAt(Callback):
    """Ends a run after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, done: int, total: int) -> None:
        if done == self.step:
            raise PulledPlugError


@pytest.mark.parametrize("aim", FORMER)
def test_a_budget_of_then_and_one_of_now_are_read_alike(aim: Aim) -> None:
    now = time_budget(0.42, 0.5, aim)
    then = {key: value for key, value in now.items() if key != "name"}
    then |= {"option": "--target-ms", "aim": FORMER[aim]}
    assert current_budget(then) == current_budget(now) == now


def test_words_of_now_stay() -> None:
    assert [current_aim(aim) for aim in FORMER] == list(FORMER)
    assert current_limit_name("--max-peak-memory") == current_limit_name("max_peak_memory")


@pytest.mark.parametrize("aim", FORMER)
def test_a_result_of_then_is_reported(tmp_path: Path, micro: Space, aim: Aim) -> None:
    write_search(tmp_path, micro, [0, 0, 0, 0])
    result = json.loads((tmp_path / "result.json").read_text())
    (budget,) = result["budgets"]
    del budget["name"]
    budget |= {"option": "--target-ms", "aim": FORMER[aim]}
    (tmp_path / "result.json").write_text(json.dumps(result))
    found = load_search(tmp_path)
    assert found is not None
    assert [(read.name, read.aim) for read in found.result.budgets] == [("target_ms", aim)]


def test_a_search_of_then_goes_on_as_one_of_now(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, micro_target: float
) -> None:
    task = TaskConfig(
        str(images), str(micro_file), batch_size=8, compute="cpu", checkpoint_seconds=0
    )
    device = DeviceConfig(str(micro_table), micro_target)
    config = SearchConfig(
        task, (device,), max_params=2500, warmup_epochs=1, epochs=3, architecture_interval=1
    )
    whole, broken = tmp_path / "whole" / "run", tmp_path / "broken" / "run"
    search(config, whole)
    with pytest.raises(PulledPlugError):
        search(config, broken, callbacks=[StopAt(14)])
    path = broken / "search" / "checkpoint.pt"
    state = load_checkpoint(path)
    (saved,) = state["loop"]["devices"]
    assert saved["budgets"]["target_ms"][0] != 0
    saved["budgets"] = {
        "--target-ms": saved["budgets"]["target_ms"],
        "--max-params": saved["budgets"]["max_params"],
    }
    torch.save(state, path)
    search(config, broken)
    ends: list[dict[str, Any]] = [
        load_checkpoint(run / "search" / path.name) for run in (whole, broken)
    ]
    assert same(ends[0]["loop"], ends[1]["loop"])
