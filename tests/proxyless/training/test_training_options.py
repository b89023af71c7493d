"""What a training may do beyond plain cross-entropy from scratch."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
from conftest import Finished
from support import run_cli, same
from torch import nn

from proxyless import TrainConfig, open_data, train
from proxyless.nas.trained_supernet import TrainedSupernet, find_search, read_search_config
from proxyless.runs.checkpoint import load_checkpoint
from proxyless.runs.results import TRAINING_RESULT
from proxyless.training.mixup import mixup
from proxyless.training.teacher import TEMPERATURE, Teacher, load_teacher
from proxyless.training.weight_average import averaged
from search_spaces import Architecture, InputError, Space, load_space
from search_spaces.schema import parse, read_json

CPU = torch.device("cpu")


def test_mixup_mixes_images_and_classes_alike() -> None:
    """An image that is its class everywhere tells what it is mixed of."""
    labels = torch.arange(8) % 3
    images = F.one_hot(labels, 3).float()[:, :, None, None].expand(8, 3, 2, 2).contiguous()
    mixed, targets = mixup(images, labels, 3, 0.4, torch.Generator().manual_seed(0))
    assert torch.allclose(mixed[:, :, 0, 0], targets)
    assert torch.allclose(targets.sum(1), torch.ones(8))
    assert not torch.equal(targets, F.one_hot(labels, 3).float())


def test_mixup_weights_follow_beta() -> None:
    """Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1))."""
    generator = torch.Generator().manual_seed(1)
    images, labels = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1), torch.tensor([0, 1])
    drawn = torch.stack([mixup(images, labels, 2, 0.4, generator)[1] for _ in range(4000)])
    swapped = drawn[drawn[:, 0, 0] < 1][:, 0, 0]  # half of the orders leave both in place
    assert len(swapped) == pytest.approx(2000, abs=200)
    assert float(swapped.mean()) == pytest.approx(0.5, abs=0.03)
    assert float(swapped.var()) == pytest.approx(1 / (4 * 1.8), abs=0.02)


def test_average_follows_the_weights_and_begins_at_them() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = averaged(network, 0.9)
    expected = None
    for step, value in enumerate((4.0, 2.0, 8.0)):
        with torch.no_grad():
            network.weight.fill_(value)
        average.update_parameters(network)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = value if expected is None else decay * expected + (1 - decay) * value
        (weight,) = average.module.parameters()
        assert float(weight.detach()) == pytest.approx(expected)


def test_average_counts_batches_as_the_network_does() -> None:
    network = nn.BatchNorm1d(2)
    average = averaged(network, 0.99)
    for _ in range(3):
        network(torch.randn(4, 2))
        average.update_parameters(network)
    assert int(average.module.get_buffer("num_batches_tracked")) == 3


def test_a_student_that_agrees_pays_nothing_to_its_teacher() -> None:
    images = torch.randn(5, 4)
    teacher = Teacher(nn.Identity())
    own = torch.tensor(3.0)
    assert float(teacher.loss(images, images, own)) == pytest.approx(1.5)
    other = torch.randn(5, 4)
    p, q = (images / TEMPERATURE).softmax(1), (other / TEMPERATURE).softmax(1)
    divergence = float((p * (p / q).log()).sum(1).mean())
    expected = 1.5 + 0.5 * TEMPERATURE**2 * divergence
    assert float(teacher.loss(other, images, own)) == pytest.approx(expected, rel=1e-5)


def test_teachers_learn_nothing(finished: Finished, images: Path) -> None:
    architecture = Architecture.load(finished.path / "architecture.json")
    data = open_data(str(images)).load(8)
    teacher = load_teacher(str(finished.path), finished.path, architecture, data, CPU)
    before = {name: value.clone() for name, value in teacher.network.state_dict().items()}
    logits = torch.zeros(3, 3, requires_grad=True)
    teacher.loss(logits, torch.randn(3, 1, 8, 8), torch.tensor(0.0)).backward()
    assert logits.grad is not None
    assert all(parameter.grad is None for parameter in teacher.network.parameters())
    assert same(teacher.network.state_dict(), before)


@pytest.mark.parametrize("name", ["supernet", None])
def test_a_teacher_for_other_images_is_refused(
    finished: Finished, images: Path, name: str | None
) -> None:
    other = Architecture.choose(load_space("tiny"), [0] * 9)
    data = open_data(str(images)).load(8)
    with pytest.raises(InputError, match=r"tells 3 classes apart, .* name one for this data"):
        load_teacher(name or str(finished.path), finished.path, other, data, CPU)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"class_names": ["a", "b", "c"]}, "tells other classes apart"),
        ({"mean": (0.9,)}, "images of another mean and deviation"),
    ],
)
def test_a_teacher_that_learned_from_other_data_is_refused(
    finished: Finished, images: Path, change: dict[str, Any], sentence: str
) -> None:
    architecture = Architecture.load(finished.path / "architecture.json")
    data = replace(open_data(str(images)).load(8), **change)
    with pytest.raises(InputError, match=sentence):
        load_teacher(str(finished.path), finished.path, architecture, data, CPU)


def test_a_network_begins_with_the_weights_of_its_path(finished: Finished, micro: Space) -> None:
    """In training mode, where both use the batch's statistics, they compute the same."""
    found = TrainedSupernet.of_run(finished.path)
    choices = [3, 4, 2, 0]
    architecture = Architecture.choose(micro, choices)
    network = architecture.build()
    found.initialise(network, architecture)
    images = torch.randn(6, 1, 8, 8)
    logits = found.supernet(images, choices)
    assert torch.allclose(network.train()(images), logits, atol=1e-5)
    state = load_checkpoint(finished.path / "search" / "checkpoint.pt")["loop"]["supernet"]
    assert same(dict(found.supernet.state_dict()), state)


def test_the_largest_path_has_the_most_multiply_adds(finished: Finished, micro: Space) -> None:
    path = TrainedSupernet.of_run(finished.path).largest_path()
    images = torch.randn(4, 1, 8, 8)
    expected = TrainedSupernet.of_run(finished.path).supernet(images, [3, 3, 3, 3])
    assert torch.equal(path(images), expected)
    assert [block.candidates[3].label for block in micro.blocks] == ["MB2_5x5"] * 4


def test_a_network_of_another_space_is_refused(finished: Finished) -> None:
    stranger = Architecture.choose(load_space("tiny"), [0] * 9)
    with pytest.raises(InputError, match="no network of the space that was searched"):
        TrainedSupernet.of_run(finished.path).initialise(stranger.build(), stranger)


def test_searches_are_found_from_the_runs_inside_them(tmp_path: Path) -> None:
    (tmp_path / "run" / "search").mkdir(parents=True)
    (tmp_path / "run" / "search" / "config.json").write_text("{}")
    expected = tmp_path / "run" / "search"
    for inside in ("", "pareto/3", "2", "2/pareto/10", "workers/3/run", "2/workers/3/2"):
        assert find_search(tmp_path / "run" / inside) == expected
    for beside in ("other", "workers", "other/3/run", "workers/three/run"):
        assert find_search(tmp_path / "run" / beside) is None
    assert find_search(tmp_path / "other") is None


def test_without_a_search_there_is_no_supernet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no search, so there is no supernet"):
        TrainedSupernet.of_run(tmp_path)


class PulledPlugError(Exception):
    """Raised where a test pulls the plug."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{"mixup": 0.4, "average": 0.9}, {"from_supernet": True, "teacher": "supernet"}],
)
def test_interrupted_a_training_goes_on_alike(
    tmp_path: Path, finished: Finished, options: dict[str, Any]
) -> None:
    config = config_of(finished, **options)
    whole, broken = (run_within(finished, tmp_path / name) for name in ("whole", "broken"))

    def progress(done: int, *_: object) -> None:
        if done == 10:
            raise PulledPlugError

    result = train(config, whole)
    with pytest.raises(PulledPlugError):
        train(config, broken, progress)
    assert train(config, broken) == result
    weights = "train/weights.safetensors"
    assert (whole / weights).read_bytes() == (broken / weights).read_bytes()
    plain = train(config_of(finished), run_within(finished, tmp_path / "plain"))
    assert plain.test_loss != result.test_loss


def config_of(finished: Finished, **options: Any) -> TrainConfig:
    folder = find_search(finished.path)
    assert folder is not None
    task = replace(read_search_config(folder).task, batch_size=8, checkpoint_seconds=0.0)
    architecture = Architecture.load(finished.path / "architecture.json")
    return TrainConfig(task, architecture, epochs=3, **options)


def run_within(finished: Finished, parent: Path) -> Path:
    """A run that lies in the one that was searched, as those of a Pareto set do."""
    (parent / "1").mkdir(parents=True)
    (parent / "search").symlink_to(finished.path / "search")
    return parent / "1"


def test_the_average_is_what_is_kept(tmp_path: Path, finished: Finished) -> None:
    run = run_within(finished, tmp_path)
    train(config_of(finished, average=0.95), run)
    saved = safetensors.torch.load_file(run / "train" / "weights.safetensors")
    state = load_checkpoint(run / "train" / "checkpoint.pt")["loop"]
    average = {
        name.removeprefix("module."): value.contiguous()
        for name, value in state["average"].items()
        if name.startswith("module.")
    }
    assert same(saved, average)
    assert not same(saved, {name: value.contiguous() for name, value in state["network"].items()})


def test_options_of_the_command_line_arrive(tmp_path: Path, finished: Finished) -> None:
    run = run_within(finished, tmp_path)
    Architecture.load(finished.path / "architecture.json").save(run / "architecture.json")
    options = (
        "--epochs", 1, "--mixup", 0.2, "--average", 0.9, "--teacher", finished.path,
        "--from-supernet", "--compute", "cpu",
    )  # fmt: skip
    assert run_cli("train", run, *options).status == 0
    config = json.loads((run / "train" / "config.json").read_text())
    assert (config["mixup"], config["average"], config["from_supernet"]) == (0.2, 0.9, True)
    assert config["teacher"] == str(finished.path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--mixup", -1), "--mixup -1 is not at least 0"),
        (("--average", 1), "--average 1 is not below 1"),
        (("--teacher", "nobody"), "teacher nobody is no run directory: name a"),
    ],
)
def test_options_that_cannot_work_are_refused(
    tmp_path: Path, finished: Finished, options: tuple[object, ...], words: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished.path, run, ignore=shutil.ignore_patterns("train"))
    outcome = run_cli("train", run, *options)
    assert outcome.status == 2
    assert words in outcome.stderr
    assert not (run / "train").exists()


def test_a_finished_training_says_what_it_found_without_training(finished: Finished) -> None:
    path = finished.path / "train"
    config = parse(TrainConfig, read_json(path / "config.json", "file"), "file")
    with mock.patch("proxyless.training.train._begin", side_effect=AssertionError("begun")):
        assert train(config, finished.path) == TRAINING_RESULT.read(path / "result.json")
