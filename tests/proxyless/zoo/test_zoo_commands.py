"""The commands of a card say everything that a run was made with."""

import json
import random
from pathlib import Path

import pytest

from proxyless.config import DeviceConfig, Recipe, SearchConfig, SyncConfig, TaskConfig, TrainConfig
from proxyless.zoo.commands import run_commands
from search_spaces import Architecture, Space
from search_spaces.schema import dump

RECIPE = Recipe(0.1, momentum=0.5, weight_decay=1e-3, label_smoothing=0.0)
WEIGHTS = "--learning-rate 0.1 --momentum 0.5 --weight-decay 0.001 --label-smoothing 0.0"


@pytest.fixture
def micro_architecture(micro: Space) -> Architecture:
    return Architecture.random(micro, random.Random(0))


def commands(run: Path, search: SearchConfig, train: TrainConfig) -> list[str]:
    for phase, config in (("search", search), ("train", train)):
        (run / phase).mkdir(parents=True)
        (run / phase / "config.json").write_text(json.dumps(dump(config)))
    return run_commands(run, "model", ["onnx"])


def test_how_weights_were_trained_is_named(
    tmp_path: Path, micro_architecture: Architecture
) -> None:
    task = TaskConfig()
    search = SearchConfig(task, (DeviceConfig(max_ms=1.0),), recipe=RECIPE)
    _, searched, trained, _ = commands(
        tmp_path / "run", search, TrainConfig(task, micro_architecture, recipe=RECIPE)
    )
    assert WEIGHTS in searched
    assert WEIGHTS in trained


def test_how_workers_shared_it_is_named(tmp_path: Path, micro_architecture: Architecture) -> None:
    task = TaskConfig()
    sync = SyncConfig(2, delay=4, codec="half")
    search = SearchConfig(task, (DeviceConfig(max_ms=1.0),), sync=sync)
    _, searched, trained, _ = commands(
        tmp_path / "run", search, TrainConfig(task, micro_architecture, sync=sync)
    )
    for line, verb in ((searched, "search"), (trained, "train")):
        assert line.startswith("torchrun --nnodes 2 --node-rank RANK ")
        assert f"-m proxyless {verb} " in line
        assert " --sync delayed --delay 4 --codec half" in line
        assert "SyncConfig" not in line
