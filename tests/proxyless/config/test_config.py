from pathlib import Path
from typing import Any

import pytest
import torch

from proxyless import (
    DeviceConfig,
    SearchConfig,
    TaskConfig,
    TrainConfig,
    load_architecture,
    open_data,
)
from proxyless.engine.compute import autocast, prepare_compute
from search_spaces import InputError
from search_spaces.schema import dump, parse

TASK = TaskConfig("digits", "tiny")
DEVICE = DeviceConfig("t.db", 1.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_macs": -3.0}, "`max_macs` -3 is not above 0"),
        ({"devices": ()}, "needs a device: give the `table`"),
        (
            {"devices": (DeviceConfig("t.db"),)},
            "needs a budget: give one of `target_ms`, `max_ms`, ",
        ),
        ({"devices": (DEVICE, DeviceConfig("t.db"))}, "needs a budget"),
        ({"epochs": 1}, "`epochs` 1 leaves no epoch to search in"),
        ({"warmup_epochs": -1}, "`warmup_epochs` -1 is not at least 0"),
        ({"validation_share": 1.0}, "`validation_share` 1 is not below 1"),
        ({"architecture_interval": 0}, "`architecture_interval` 0 is not at least 1"),
    ],
)
def test_a_search_that_cannot_work_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        SearchConfig(TASK, **{"devices": (DEVICE,), **change})


def test_a_task_that_cannot_work_is_refused() -> None:
    with pytest.raises(InputError, match="`batch_size` 1 is not at least 2"):
        TaskConfig("digits", "tiny", batch_size=1)
    with pytest.raises(InputError, match="`compute` 'tpu' is not auto, cpu or cuda"):
        TaskConfig("digits", "tiny", compute="tpu")
    with pytest.raises(InputError, match="`precision` 'int4' is not auto, float32 or bfloat16"):
        TaskConfig("digits", "tiny", precision="int4")
    with pytest.raises(InputError, match="`epochs` 0 is not at least 1"):
        TrainConfig(TASK, load_architecture("proxyless_mobile"), 0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA GPU")
def test_cuda_without_a_gpu_is_refused() -> None:
    """Where it is to be used: the configuration of a run on a GPU can be read anywhere."""
    task = TaskConfig("digits", "tiny", compute="cuda")
    with pytest.raises(InputError, match="torch finds no CUDA device"):
        prepare_compute(task)


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16)],
)
def test_weight_steps_compute_in_the_precision(precision: str, expected: torch.dtype) -> None:
    task = TaskConfig("digits", "tiny", compute="cpu", precision=precision)
    with autocast(task):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected


def test_configuration_survives_json() -> None:
    config = SearchConfig(TASK, (DEVICE, DEVICE), method="two-path")
    assert parse(SearchConfig, dump(config), "config") == config


def test_digits_are_not_mirrored_unless_told() -> None:
    assert not TASK.augmentation.flip
    assert TaskConfig("digits", "tiny", flip=True).augmentation.flip
    assert TaskConfig("photos", "tiny").augmentation.flip
    assert not TaskConfig("photos", "tiny", flip=False).augmentation.flip


def test_space_takes_channels_classes_and_size_from_the_data(images: Path) -> None:
    space = TaskConfig(str(images), "cifar").expand_space(open_data(str(images)))
    assert (space.input_shape, space.classes) == ((1, 8, 8), 3)
    assert TaskConfig("", "cifar", resolution=24).expand_space(None).input_shape == (3, 24, 24)
    wide = TaskConfig("", "cifar", width=2.0).expand_space(None)
    assert wide.before[0].output_shape[0] == 64


def test_devices_of_a_search_have_a_limit() -> None:
    with pytest.raises(InputError, match="`devices` are 3000, more than the 256"):
        SearchConfig(TASK, (DEVICE,) * 3000)
