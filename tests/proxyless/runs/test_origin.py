"""State is bound to what it was made from: what differs is refused, and named."""

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support import Outcome, run_cli, write_images, write_table

from proxyless import DeviceConfig, SearchConfig, TaskConfig
from proxyless.data.image_data import ImageData, Split
from proxyless.runs.checkpoint import load_checkpoint, save_checkpoint
from proxyless.runs.origin import Origin, network_digest, space_digest
from proxyless.runs.phase_directory import PhaseDirectory
from search_spaces import Architecture, InputError, Space, load_definition, load_space

CONFIG = SearchConfig(TaskConfig("digits", "tiny"), (DeviceConfig("t.db", 1.0),))
EPSILON = "batch_norm = { epsilon = 0.5 }"
"""A constant that changes what is computed, but not how long it takes."""
DIGESTS = {"space": "a" * 64, "data": "b" * 64, "table": "c" * 64}


def saved(folder: Path) -> PhaseDirectory:
    directory = PhaseDirectory.start(folder, CONFIG, Origin.of("search", CONFIG, **DIGESTS))
    directory.log({"epoch": 0, "seconds": 1.5})
    directory.save({"weights": torch.ones(2)})
    return directory


def reopened(folder: Path, config: SearchConfig = CONFIG, **digests: str) -> PhaseDirectory:
    origin = Origin.of("search", config, **{**DIGESTS, **digests})
    return PhaseDirectory(folder, config, origin)


def test_the_same_origin_continues(tmp_path: Path) -> None:
    saved(tmp_path)
    assert reopened(tmp_path).load() is not None
    slower = replace(CONFIG, task=replace(CONFIG.task, checkpoint_seconds=9))
    assert reopened(tmp_path, slower).load() is not None, "this changes no result"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("space", "was begun with another space: the definition, or"),
        ("data", "was begun with other data: its images, labels or classes"),
        ("table", "was begun with other latencies than its costs.json holds now"),
    ],
)
def test_a_part_that_differs_is_named(tmp_path: Path, part: str, words: str) -> None:
    saved(tmp_path)
    with pytest.raises(InputError, match=words) as caught:
        reopened(tmp_path, CONFIG, **{part: "d" * 64}).load()
    assert "to start over, or work in another run directory" in str(caught.value)


def test_the_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    other = replace(CONFIG, task=replace(CONFIG.task, seed=7))
    with pytest.raises(InputError, match="is of another search, with seed = 0, not 7: restore"):
        reopened(tmp_path, other).load()
    training = PhaseDirectory(tmp_path, CONFIG, Origin.of("training", CONFIG, **DIGESTS))
    with pytest.raises(InputError, match="is of a search, not of a training"):
        training.load()


@pytest.mark.parametrize("text", ["", '{"epoch": 0}\n', '{"epoch": 1, "seconds": 1.5}\n'])
def test_the_log_of_another_run_is_refused(tmp_path: Path, text: str) -> None:
    directory = saved(tmp_path)
    directory.log_path.write_text(text)
    with pytest.raises(InputError, match="is not the one that belongs to the checkpoint beside it"):
        reopened(tmp_path).load()
    assert directory.log_path.read_text() == text


def test_of_a_checkpoint_of_an_earlier_release_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = saved(tmp_path)
    state = load_checkpoint(directory.checkpoint_path)
    for name in ("origin", "log_digest"):
        del state[name]
    save_checkpoint(state, directory.checkpoint_path)
    with caplog.at_level(logging.INFO, "proxyless"):
        assert reopened(tmp_path).load() is not None
    assert "is of an earlier release, which did not note what it was begun with" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"log_length": -1},
        {"log_length": 1e3},
        {"log_length": True},
        {"log_digest": "x"},
        {"origin": []},
        {"origin": {"phase": "search"}},
        {"origin": {"phase": "nap", "configuration": "{}"}},
        {"origin": {"phase": "search", "configuration": "{}", "digests": {"space": 3}}},
    ],
)
def test_what_a_checkpoint_says_of_itself_is_checked(
    tmp_path: Path, change: dict[str, object]
) -> None:
    directory = saved(tmp_path)
    state = load_checkpoint(directory.checkpoint_path)
    save_checkpoint({**state, **change}, directory.checkpoint_path)
    with pytest.raises(InputError, match="is damaged"):
        reopened(tmp_path).load()
    save_checkpoint({"a": 1}, directory.checkpoint_path)
    with pytest.raises(InputError, match="'log_length' is missing"):
        reopened(tmp_path).load()


def test_a_configuration_in_a_checkpoint_is_text_from_outside(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    state = load_checkpoint(directory.checkpoint_path)
    for text in ("[" * 10_000, "nonsense", "[]", '{"seed": 1e999}'):
        origin = {**state["origin"], "configuration": text}
        save_checkpoint({**state, "origin": origin}, directory.checkpoint_path)
        with pytest.raises(InputError):
            reopened(tmp_path).load()


def test_every_constant_of_a_space_is_in_its_digest(micro_file: Path, tmp_path: Path) -> None:
    text = micro_file.read_text()

    def digest(text: str) -> str:
        (tmp_path / "space.toml").write_text(text)
        return space_digest(load_definition(str(tmp_path / "space.toml")).expand())

    before = digest(text)
    assert digest(text.replace('"micro"', '"renamed"')) == before
    changes: tuple[tuple[str, str], ...] = (
        ("classes = 3", "classes = 4"),
        ("resolution = 8", "resolution = 16"),
    )
    changes += (
        ("[1, 2]", "[1, 3]"),
        ("[3, 5]", "[5, 3]"),
        ("head = { width = 24 }", "head = { width = 32 }"),
    )
    digests = {digest(text.replace(*change)) for change in changes}
    epsilon = text.replace("candidates", f"{EPSILON}\ncandidates")
    assert len({before, digest(epsilon), *digests}) == 2 + len(changes)


def test_every_constant_of_a_network_is_in_its_digest(micro: Space) -> None:
    one, other = (Architecture.choose(micro, [0, 0, 0, choice]) for choice in (0, 1))
    assert network_digest(one.operations) != network_digest(other.operations)
    renamed = replace(one, name="x", space="y")
    assert network_digest(one.operations) == network_digest(renamed.operations)
    assert space_digest(load_space("tiny")) != space_digest(micro)


def test_every_pixel_and_label_is_in_the_digest_of_data() -> None:
    images = torch.arange(2 * 3 * 4 * 4, dtype=torch.uint8).reshape(2, 3, 4, 4)
    train, test = Split(images, torch.tensor([0, 1])), Split(images + 1, torch.tensor([1, 0]))
    data = ImageData("a", ("x", "y"), train, test, (0.5,), (0.5,))
    pixel = images.clone()
    pixel[1, 2, 3, 3] += 1
    trains = (
        Split(pixel, train.labels),
        Split(images, torch.tensor([0, 0])),
        Split(images.reshape(2, 3, 2, 8), train.labels),
        Split(images[:1], train.labels[:1]),
    )
    others = [replace(data, train=one) for one in trains]
    others.append(replace(data, class_names=("x", "z")))
    others.append(replace(data, test=train))
    assert len({one.digest for one in (data, *others)}) == 1 + len(others)
    assert replace(data, name="b").digest == data.digest


def another_pixel(folder: Path) -> None:
    shutil.copy(folder / "data/dots/001.png", folder / "data/dots/000.png")


def another_label(folder: Path) -> None:
    (folder / "data/dots/000.png").rename(folder / "data/lines/999.png")


def fewer_images(folder: Path) -> None:
    (folder / "data/dots/000.png").unlink()


def another_class(folder: Path) -> None:
    (folder / "data/dots").rename(folder / "data/points")


def another_space(folder: Path) -> None:
    text = (folder / "space.toml").read_text()
    (folder / "space.toml").write_text(text.replace("candidates", f"{EPSILON}\ncandidates"))


CHANGES: dict[Callable[[Path], None], str] = {
    another_pixel: "with other data: its images",
    another_label: "with other data: its images",
    fewer_images: "with other data: its images",
    another_class: "with other data: its images",
    another_space: "with another space",
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, micro_file: Path, micro: Space) -> Path:
    """A folder with data, a space, a table, and a run that was searched and trained."""
    folder = tmp_path_factory.mktemp("begun")
    write_images(folder / "data", [9, 9, 9])
    shutil.copy(micro_file, folder / "space.toml")
    write_table(folder / "table.db", micro.operations(), lambda operation: 1 + operation.macs / 1e6)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in (search, train):
            outcome = command()
            assert outcome.status == 0, outcome.stderr
    return folder


def search() -> Outcome:
    return run_cli(
        "search", "--data", "data", "--space", "space.toml", "--table", "table.db",
        "--device", "Phone", "--max-params", "100k", "--out", "run", "--warmup-epochs", 1,
        "--epochs", 2, "--interval", 1, "--batch-size", 8, "--compute", "cpu",
    )  # fmt: skip


def train() -> Outcome:
    return run_cli("train", "run", "--epochs", 2, "--batch-size", 8, "--compute", "cpu")


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("finished", [True, False])
def test_what_changed_since_is_refused(
    begun: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    finished: bool,
) -> None:
    folder = Path(shutil.copytree(begun, tmp_path / "copy"))
    monkeypatch.chdir(folder)
    if not finished:
        (folder / "run/search/result.json").unlink()
        (folder / "run/train/result.json").unlink()
    change(folder)
    for verb in (search, train) if change is not another_space else (search,):
        outcome = verb()
        assert outcome.status == 2, outcome.stderr
        assert CHANGES[change] in " ".join(outcome.stderr.split())


@pytest.mark.slow
def test_a_table_that_says_otherwise_is_said_and_left_alone(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, micro: Space
) -> None:
    folder = Path(shutil.copytree(begun, tmp_path / "copy"))
    monkeypatch.chdir(folder)
    before = (folder / "run/architecture.json").read_bytes()
    (folder / "table.db").unlink()
    write_table(folder / "table.db", micro.operations(), lambda operation: 2 + operation.macs / 1e6)
    outcome = search()
    assert outcome.status == 0
    assert "table table.db says otherwise than when this search began" in outcome.stderr
    assert (folder / "run/architecture.json").read_bytes() == before


@pytest.mark.slow
def test_files_of_another_network_are_refused(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, micro: Space
) -> None:
    folder = Path(shutil.copytree(begun, tmp_path / "copy"))
    monkeypatch.chdir(folder)
    weights = folder / "run/train/weights.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    outcome = run_cli("export", "run", "--no-measure")
    assert (outcome.status, "are not those that result.json" in outcome.stderr) == (2, True)
    weights.unlink()
    assert train().status == 0, "a training whose weights were lost makes them again"
    assert weights.read_bytes() == content
    before = Architecture.load(folder / "run/architecture.json")
    other = next(
        network
        for choice in range(4)
        if (network := Architecture.choose(micro, [choice, 0, 0, 0])).labels != before.labels
    )
    other.save(folder / "run/architecture.json")
    for command in (train, lambda: run_cli("export", "run", "--no-measure")):
        outcome = command()
        assert outcome.status == 2
        assert "another network than" in " ".join(outcome.stderr.split())
    provenance = json.loads((folder / "run/provenance.json").read_text())
    assert set(provenance) == {"search", "train"}
