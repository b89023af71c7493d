import json
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import safetensors.torch
import torch
from conftest import Finished
from support import SHARED_DATA, run_cli

import proxyless
from proxyless import SearchConfig, TrainConfig, Zoo, load
from proxyless.deploy import timing
from proxyless.nas.trained_supernet import read_search_config
from proxyless.runs.run_directory import load_architecture
from proxyless.zoo import Card, publish, publishing, verify, verifying, write_pages
from proxyless.zoo.commands import run_commands
from proxyless.zoo.page import card_page, index_page, is_page, says_the_same
from search_spaces import InputError
from search_spaces.schema import dump, parse, read_json

pytestmark = pytest.mark.slow

BUILT_IN = Zoo.built_in()
CIFAR10 = SHARED_DATA / "cifar10"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory, finished: Finished) -> Zoo:
    """A zoo of one model, made from the finished run."""
    folder = tmp_path_factory.mktemp("zoo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "PROCESSES", 1)
        publish(finished.path, "shapes", folder, max_drop=100)
    return Zoo(folder)


@pytest.fixture
def spoilt(tmp_path: Path, zoo: Zoo) -> Zoo:
    """A copy, to be spoilt."""
    return Zoo(Path(shutil.copytree(zoo.folder, tmp_path / "zoo")))


@pytest.mark.parametrize("name", BUILT_IN.names)
def test_every_model_of_the_package_is_what_its_card_says(name: str) -> None:
    card = BUILT_IN.card(name)
    on_cifar = card.training is not None and "cifar10" in card.training.data
    data = str(CIFAR10) if on_cifar and CIFAR10.exists() else None
    verified = verify(BUILT_IN, name, data)
    assert verified.differences.keys() == {one.name for one in card.files}
    assert bool(card.files) == (card.training is not None) == (card.published is None)
    if card.training is None:
        with pytest.raises(InputError, match="without trained weights: load it with fresh=True"):
            load(name)
    else:
        architecture = BUILT_IN.architecture(name)
        logits = load(name)(torch.zeros(1, *architecture.input_shape))
        assert logits.shape == (1, len(card.training.class_names))


@pytest.mark.parametrize("name", BUILT_IN.names)
def test_trained_models_are_small(name: str) -> None:
    for path in BUILT_IN.path(name).iterdir():
        assert path.stat().st_size < 2e6, path


def test_the_index_of_the_package_is_up_to_date() -> None:
    assert (BUILT_IN.folder / "README.md").read_text() == index_page(BUILT_IN)


def test_a_published_run_is_complete(zoo: Zoo, finished: Finished, images: Path) -> None:
    assert zoo.names == ("shapes",)
    assert {path.name for path in zoo.path("shapes").iterdir()} == {
        "architecture.json", "card.json", "card.md", "weights.safetensors", "model.onnx",
        "model-int8.onnx", "model.tflite", "model-int8.tflite",
    }  # fmt: skip
    card = zoo.card("shapes")
    assert card.training is not None
    trained = json.loads((finished.path / "train" / "result.json").read_text())
    assert card.training.test_accuracy == trained["test_accuracy"]
    measured = {(one.file, one.times.runtime) for one in card.latencies}
    assert len(measured) == 5, "four files, and the network in PyTorch"
    assert ("model.onnx", "torch-cpu") in measured
    verified = verify(zoo, "shapes", str(images))
    assert verified.accuracies == {one.name: one.test_accuracy for one in card.files}
    network = zoo.network("shapes")
    again = load_architecture(finished.path).operations
    assert zoo.architecture("shapes").operations == again
    assert not network.training


def test_the_page_states_the_facts(zoo: Zoo) -> None:
    page = (zoo.path("shapes") / "card.md").read_text()
    card = zoo.card("shapes")
    assert card.training is not None
    for words in (card.summary, f"{card.training.test_accuracy:.2%}", "dots, lines, rings"):
        assert words in page
    for latency in card.latencies:
        assert f"{latency.times.best_ms:.4g}" in page
    for command in card.commands:
        assert command in page


def test_the_page_speaks_of_the_files_there_are(zoo: Zoo) -> None:
    card, architecture = zoo.card("shapes"), zoo.architecture("shapes")
    sentence = "`model-int8.tflite` takes and gives int8. Each file"
    assert sentence in card_page(card, architecture)
    without = replace(card, files=tuple(one for one in card.files if "int8" not in one.name))
    page = card_page(without, architecture)
    assert "takes and gives" not in page
    assert "Classes, in order: dots, lines, rings. Each file" in page


def test_the_commands_do_the_same_again(finished: Finished, tmp_path: Path) -> None:
    """What they would search and train is what the run's configurations say."""
    lines = run_commands(finished.path, "shapes", ["onnx", "tflite-int8"])
    verbs = [shlex.split(line)[1] for line in lines]
    assert verbs == ["profile", "search", "train", "export", "export"]
    assert lines[-1] == "proxyless export runs/shapes --format tflite-int8"
    search, train = (shlex.split(line)[1:] for line in lines[1:3])
    with mock.patch("proxyless.nas.search.search", side_effect=InputError("seen")) as called:
        run_cli(*search)
    told: SearchConfig = called.call_args.args[0]
    kept = read_search_config(finished.path / "search")
    assert replace(told, task=replace(told.task, checkpoint_seconds=0)) == replace(
        kept, task=replace(kept.task, checkpoint_seconds=0)
    )
    train[train.index("runs/shapes")] = str(finished.path)
    with mock.patch("proxyless.training.train.train", side_effect=InputError("seen")) as called:
        run_cli(*train)
    trained = parse(TrainConfig, read_json(finished.path / "train/config.json", "file"), "file")
    assert dump(called.call_args.args[0]) == dump(trained)


def with_devices(folder: Path, finished: Finished, devices: list[dict[str, Any]]) -> Path:
    """The finished run as if it had been searched for these devices; fields add to its own."""
    shutil.copytree(finished.path / "search", folder / "search")
    shutil.copytree(finished.path / "train", folder / "1" / "train")
    shutil.copy(finished.path / "architecture.json", folder / "1")
    path = folder / "search" / "config.json"
    config = json.loads(path.read_text())
    (own,) = config["devices"]
    path.write_text(json.dumps({**config, "devices": [own | device for device in devices]}))
    return folder / "1"


@pytest.mark.parametrize(
    "devices",
    [
        [{"target_ms": 1.0, "runtime": "onnxruntime"}, {"target_ms": 2.0, "runtime": "litert"}],
        [{"target_ms": None, "max_ms": 1.0}, {"target_ms": None, "max_ms": 2.0}],
        [{"threads": 1}, {"threads": 2}],
        [{"table": "a.db", "dtype": "int8"}, {"table": "b.db", "dtype": "int8"}],
        [{"device": "phone"}, {"device": "board"}],
        [{}, {}],
    ],
)
def test_the_commands_of_several_devices_say_each(
    finished: Finished, tmp_path: Path, devices: list[dict[str, Any]]
) -> None:
    run = with_devices(tmp_path / "both", finished, devices)
    search = next(line for line in run_commands(run, "shapes", []) if "search" in line)
    with mock.patch("proxyless.nas.search.search", side_effect=InputError("seen")) as called:
        run_cli(*shlex.split(search)[1:])
    assert called.call_args.args[0].devices == read_search_config(run.parent / "search").devices


@pytest.mark.parametrize(
    ("devices", "option"),
    [
        ([{"target_ms": 1.0}, {"target_ms": None, "max_ms": 2.0}], "--target-ms"),
        ([{"target_ms": None, "max_ms": 1.0}, {"target_ms": None}], "--max-ms"),
        ([{"runtime": "litert"}, {}], "--runtime"),
    ],
)
def test_a_search_that_no_command_asks_for_is_refused(
    finished: Finished, tmp_path: Path, devices: list[dict[str, Any]], option: str
) -> None:
    """Left out for one device, an option would hold for all."""
    run = with_devices(tmp_path / "both", finished, devices)
    path = tmp_path / "both" / "search" / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "max_params": 1e6}))
    with pytest.raises(InputError, match=f"gives {option} for some of its devices only"):
        publish(run, "shapes", tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


@pytest.mark.parametrize("place", ["1", "pareto/2", "2/pareto/1"])
def test_the_commands_of_a_run_within_a_search(
    finished: Finished, tmp_path: Path, place: str
) -> None:
    """Runs of devices and of a Pareto set lie inside the search's own, with copies of its files."""
    whole = tmp_path / "whole"
    shutil.copytree(finished.path / "search", whole / "search")
    run = whole / place
    shutil.copytree(finished.path / "train", run / "train")
    shutil.copytree(
        finished.path / "search", run / "search", ignore=shutil.ignore_patterns("checkpoint.pt")
    )
    _, search, train, export = run_commands(run, "shapes", ["onnx"])
    assert search.endswith("--out runs/shapes")
    assert train.startswith(f"proxyless train runs/shapes/{place} ")
    assert export == f"proxyless export runs/shapes/{place} --format onnx"


def test_the_commands_of_a_run_without_a_search(finished: Finished, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished.path / "train", run / "train")
    folder, copy, train, _ = run_commands(run, "shapes", ["onnx"])
    assert folder == "mkdir -p runs/shapes"
    assert copy == "cp exported_models/shapes/architecture.json runs/shapes"
    words = shlex.split(train)[1:]
    words[words.index("runs/shapes")] = str(run)
    shutil.copy(finished.path / "architecture.json", run)
    with mock.patch("proxyless.training.train.train", side_effect=InputError("seen")) as called:
        outcome = run_cli(*words)
    assert "seen" in outcome.stderr
    told = called.call_args.args[0]
    kept = parse(TrainConfig, read_json(run / "train/config.json", "file"), "file")
    assert (told.epochs, told.task.data, told.task.batch_size, told.recipe) == (
        kept.epochs, kept.task.data, kept.task.batch_size, kept.recipe,
    )  # fmt: skip


def test_a_model_is_complete_before_it_is_measured(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "measure", mock.Mock(side_effect=KeyboardInterrupt))
    outcome = run_cli(
        "zoo", "add", finished.path, "shapes", "--zoo", tmp_path, "--max-drop", 100,
        "--format", "onnx",
    )  # fmt: skip
    assert outcome.status == 130
    verify(Zoo(tmp_path), "shapes")
    assert Zoo(tmp_path).card("shapes").latencies == ()


@pytest.mark.parametrize("verb", ["list", "verify", "index"])
def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, verb: str) -> None:
    outcome = run_cli("zoo", verb, "--zoo", tmp_path / "typo")
    assert outcome.status == 2
    assert "there is no folder" in outcome.stderr
    assert not (tmp_path / "typo").exists()


def test_nothing_is_not_verified(tmp_path: Path) -> None:
    outcome = run_cli("zoo", "verify", "--zoo", tmp_path)
    assert outcome.status == 2
    assert "holds no model to verify" in outcome.stderr


def test_measuring_again_replaces_what_this_device_said(
    spoilt: Zoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "PROCESSES", 1)
    card = spoilt.card("shapes")
    first = card.latencies[0]
    other = replace(first, times=replace(first.times, fingerprint="0123456789ab", best_ms=123.0))
    old = replace(first, times=replace(first.times, device="by another name", best_ms=456.0))
    changed = replace(card, latencies=(other, old, *card.latencies[1:]))
    changed.save(spoilt.path("shapes") / "card.json")
    outcome = run_cli("zoo", "measure", "shapes", "--zoo", spoilt.folder, "--rounds", 1, "--json")
    assert outcome.status == 0, outcome.stderr
    times = [one.times.best_ms for one in spoilt.card("shapes").latencies]
    assert len(times) == len(card.latencies) + 1
    assert 123.0 in times
    assert 456.0 not in times
    assert "123" in (spoilt.path("shapes") / "card.md").read_text()
    verify(spoilt, "shapes")


@pytest.mark.parametrize("name", ["Shapes", "a/b", "", "..", "a b"])
def test_names_are_for_folders_everywhere(finished: Finished, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is no name for a model"):
        publish(finished.path, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_training_is_refused(finished: Finished, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished.path / "search", run / "search")
    shutil.copy(finished.path / "architecture.json", run)
    with pytest.raises(InputError, match="holds no trained network: train it with"):
        publish(run, "shapes", tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


def test_a_name_that_is_taken_is_refused(finished: Finished, zoo: Zoo) -> None:
    outcome = run_cli("zoo", "add", finished.path, "shapes", "--zoo", zoo.folder)
    assert outcome.status == 2
    assert "shapes exists: choose another name" in outcome.stderr


def test_nothing_is_left_of_a_model_that_fails_its_checks(
    finished: Finished, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="int8 costs"):
        publish(finished.path, "shapes", tmp_path, max_drop=-101)
    assert list(tmp_path.iterdir()) == []


def test_files_that_were_changed_are_noticed(spoilt: Zoo) -> None:
    path = spoilt.path("shapes") / "model.onnx"
    path.write_bytes(path.read_bytes() + b" ")
    outcome = run_cli("zoo", "verify", "--zoo", spoilt.folder)
    assert outcome.status == 2
    assert "model.onnx is not the file of the card" in outcome.stderr


def test_weights_that_were_changed_are_noticed(spoilt: Zoo) -> None:
    path = spoilt.path("shapes") / "weights.safetensors"
    network = spoilt.network("shapes")
    from proxyless.runs.weights import save_weights

    with torch.no_grad():
        next(network.parameters()).add_(0.5)
    save_weights(network, path)
    with pytest.raises(InputError, match="differs from the weights by"):
        verify(spoilt, "shapes")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_never_pass(spoilt: Zoo, value: float) -> None:
    path = spoilt.path("shapes") / "weights.safetensors"
    state = safetensors.torch.load_file(path)
    name = next(name for name in state if name.endswith("conv.weight"))
    safetensors.torch.save_file({**state, name: torch.full_like(state[name], value)}, path)
    outcome = run_cli("zoo", "verify", "--zoo", spoilt.folder)
    assert outcome.status == 2
    assert f"tensor {name} holds" in outcome.stderr


def test_logits_that_are_no_numbers_never_pass(
    spoilt: Zoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in (float("nan"), float("inf")):
        monkeypatch.setattr(verifying, "max_difference", lambda *_, value=value: value)
        with pytest.raises(InputError, match="gives logits that are no numbers"):
            verify(spoilt, "shapes")


TRAINING_LIES = [
    ({"test_accuracy": 0.123}, "the weights are right on"),
    ({"test_images": 7}, "test images, not the 7 of the card"),
    ({"class_names": ["a", "b"]}, "names 2 classes, but its network tells 3 apart"),
    ({"mean": [0.5, 0.5]}, "has no mean and std for each of 1 channels"),
    ({"mean": [0.9]}, "says another mean of itself than its card does"),
]


@pytest.mark.parametrize(("lie", "sentence"), TRAINING_LIES)
def test_a_card_that_lies_of_its_training(
    spoilt: Zoo, images: Path, lie: dict[str, Any], sentence: str
) -> None:
    path = spoilt.path("shapes") / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps({**card, "training": {**card["training"], **lie}}))
    write_pages(spoilt)
    with pytest.raises(InputError, match=sentence):
        verify(spoilt, "shapes", str(images))


@pytest.mark.parametrize(
    "lie",
    [{"name": "../../secret.onnx"}, {"name": "/etc/passwd"}, {"name": ""}, {"bytes": -1},
     {"bytes": "12"}, {"bytes": 2**70}, {"sha256": "abc"}, {"test_accuracy": -0.1},
     {"test_accuracy": "NaN"}, {"test_accuracy": True}, {"format": 3}],
)  # fmt: skip
def test_a_card_with_impossible_figures_is_refused(spoilt: Zoo, lie: dict[str, Any]) -> None:
    path = spoilt.path("shapes") / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps({**card, "files": [{**card["files"][0], **lie}]}))
    for verb in ("list", "index", "verify"):
        outcome = run_cli("zoo", verb, "--zoo", spoilt.folder)
        assert outcome.status == 2
        assert "card.json" in outcome.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"training": None}, "neither how its model was trained nor"),
        ({"name": "other"}, "is of other, not of shapes"),
        ({"latencies": [{}]}, "latencie"),
        ({"commands": "all"}, "commands"),
        ({"published": 3}, "published"),
    ],
)
def test_a_card_that_makes_no_sense(spoilt: Zoo, change: dict[str, Any], sentence: str) -> None:
    path = spoilt.path("shapes") / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=sentence):
        verify(spoilt, "shapes")


def test_sizes_and_formats_are_checked(spoilt: Zoo) -> None:
    card = spoilt.card("shapes")
    path = spoilt.path("shapes") / "card.json"
    for lie, sentence in (({"bytes": 12}, "bytes, not 12"), ({"format": "tflite"}, "no such file")):
        files = (replace(card.files[0], **lie), *card.files[1:])
        replace(card, files=files).save(path)
        write_pages(spoilt)
        with pytest.raises(InputError, match=sentence):
            verify(spoilt, "shapes")


def test_pages_of_others_stay(spoilt: Zoo, finished: Finished) -> None:
    for page in (spoilt.folder / "README.md", spoilt.path("shapes") / "card.md"):
        ours = page.read_text()
        page.write_text("precious\n")
        for verb in (("index",), ("measure", "shapes"), ("add", finished.path, "more")):
            outcome = run_cli("zoo", *verb, "--zoo", spoilt.folder)
            assert outcome.status == 2
            assert "exists and is not of proxyless: " in outcome.stderr
            assert "--force" in outcome.stderr
            assert page.read_text() == "precious\n"
        assert run_cli("zoo", "index", "--zoo", spoilt.folder, "--force").status == 0
        assert page.read_text() == ours
        assert run_cli("zoo", "index", "--zoo", spoilt.folder).status == 0


def test_notes_that_mention_the_call_are_no_page(zoo: Zoo) -> None:
    page = card_page(zoo.card("shapes"), zoo.architecture("shapes"))
    assert is_page(page.encode())
    former = "\n\n".join(part for part in page.split("\n\n") if not part.startswith("Generated"))
    assert former != page
    assert is_page(former.encode())
    assert says_the_same(former, zoo.card("shapes"), zoo.architecture("shapes"))
    assert not says_the_same(former + "more", zoo.card("shapes"), zoo.architecture("shapes"))
    for notes in ("use proxyless.load(", "# shapes\n\nMine.\n\nproxyless.load('shapes')\n"):
        assert not is_page(notes.encode())


def test_accuracies_that_were_made_up_are_noticed(spoilt: Zoo, images: Path) -> None:
    card = spoilt.card("shapes")
    files = tuple(replace(one, test_accuracy=abs(one.test_accuracy - 0.5)) for one in card.files)
    replace(card, files=files).save(spoilt.path("shapes") / "card.json")
    with pytest.raises(InputError, match=r"is not what its card\.json says"):
        verify(spoilt, "shapes", str(images))
    write_pages(spoilt)
    with pytest.raises(InputError, match="as its card says"):
        verify(spoilt, "shapes", str(images))


def test_unknown_models_and_broken_cards_are_named(spoilt: Zoo) -> None:
    with pytest.raises(InputError, match=r"no model 'shape' in .*: it holds shapes"):
        spoilt.network("shape")
    path = spoilt.path("shapes") / "card.json"
    path.write_text(path.read_text().replace("proxyless.card", "proxyless.postcard"))
    with pytest.raises(InputError, match=r"card\.json is no card, but a proxyless\.postcard file"):
        spoilt.card("shapes")


def test_an_architecture_has_nothing_to_measure() -> None:
    outcome = run_cli("zoo", "measure", "proxyless_mobile")
    assert outcome.status == 2
    assert "proxyless_mobile is an architecture without files" in outcome.stderr


def test_fresh_weights_are_for_those_who_ask() -> None:
    network = load("proxyless_mobile", fresh=True)
    assert not network.training
    assert sum(one.numel() for one in network.parameters()) == 4_080_512


def test_list_and_show(zoo: Zoo) -> None:
    outcome = run_cli("zoo", "list", "--zoo", zoo.folder, "--json")
    (row,) = json.loads(outcome.stdout)
    assert (row["model"], row["files"]) == ("shapes", 4)
    assert isinstance(row["test accuracy"], float)
    assert "shapes" in run_cli("zoo", "list", "--zoo", zoo.folder).stdout
    shown = run_cli("zoo", "show", "shapes", "--zoo", zoo.folder).stdout
    assert str(zoo.path("shapes") / "card.md") in shown
    for file in zoo.card("shapes").files:
        assert f"{file.bytes:,}" in shown
    data = json.loads(run_cli("zoo", "show", "shapes", "--zoo", zoo.folder, "--json").stdout)
    assert parse(Card, data, "card") == zoo.card("shapes")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zoo:
    """The built-in zoo as a wheel brings it: without weights and model files."""
    trained = shutil.ignore_patterns("*.onnx", "*.tflite", "*.safetensors")
    folder = shutil.copytree(BUILT_IN.folder, tmp_path / "installed", ignore=trained)
    found = Zoo(folder)
    monkeypatch.setattr(Zoo, "built_in", lambda: found)
    return found


NOT_INSTALLED = (
    r"the trained files of .*digits_onnxruntime are not installed, as wheels leave them out: copy "
    r"exported_models/\w+ from Proxyless's repository or source distribution into a folder"
)


def test_a_model_whose_weights_are_not_installed_says_how_to_get_them(
    bare: Zoo, tmp_path: Path
) -> None:
    name = "digits_onnxruntime"
    with pytest.raises(InputError, match=NOT_INSTALLED) as raised:
        load(name)
    assert len(str(raised.value).splitlines()) == 1
    assert not load(name, fresh=True).training
    shutil.copytree(BUILT_IN.path(name), tmp_path / "models" / name)
    network = load(name, folder=tmp_path / "models")
    for one, other in zip(network.parameters(), BUILT_IN.network(name).parameters(), strict=True):
        assert torch.equal(one, other)
    assert proxyless.load_architecture(
        name, folder=tmp_path / "models"
    ) == proxyless.load_architecture(name)
    outcome = run_cli("zoo", "verify", name, "--zoo", tmp_path / "models")
    assert outcome.status == 0, outcome.stderr


@pytest.mark.parametrize("action", [("verify",), ("measure", "digits_onnxruntime")])
def test_files_that_are_not_installed_are_not_claimed(bare: Zoo, action: tuple[str, ...]) -> None:
    outcome = run_cli("zoo", *action)
    assert outcome.status == 2
    assert re.search(NOT_INSTALLED, outcome.stderr.replace("\n", " "))
    assert outcome.stdout == ""


def test_what_is_installed_is_verified(bare: Zoo) -> None:
    outcome = run_cli("zoo", "verify", "proxyless_mobile")
    assert outcome.status == 0, outcome.stderr
    assert "an architecture" in outcome.stdout


def test_the_list_shows_which_models_are_here(bare: Zoo) -> None:
    rows = json.loads(run_cli("zoo", "list", "--json").stdout)
    here = {row["model"]: row["missing"] == 0 for row in rows}
    assert here == {name: BUILT_IN.card(name).training is None for name in BUILT_IN.names}
    listed = run_cli("zoo", "list").stdout.splitlines()
    (line,) = (one for one in listed if "digits" in one)
    assert "absent" in line
    (line,) = (one for one in listed if "proxyless_gpu" in one)
    assert "absent" not in line


def test_files_that_a_zoo_lacks_are_named(spoilt: Zoo) -> None:
    (spoilt.path("shapes") / "model.tflite").unlink()
    outcome = run_cli("zoo", "verify", "--zoo", spoilt.folder)
    assert outcome.status == 2
    assert "lacks shapes/model.tflite, of which cards speak" in outcome.stderr.replace("\n", " ")
    assert not spoilt.network("shapes").training, "its weights are here"


def test_noise_is_told_from_weights(zoo: Zoo) -> None:
    """The logits that are compared are not all the same."""
    network = zoo.network("shapes")
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = network(images).numpy()
    assert np.abs(logits - logits.mean(0)).max() > 1e-3


def test_texts_of_cards_are_shown_and_not_obeyed(zoo: Zoo) -> None:
    card, architecture = zoo.card("shapes"), zoo.architecture("shapes")
    nasty = "a|b <script>`x`</script> [c](d) &lt; \x1b[31m\nnext"
    assert card.training is not None
    lies = replace(
        card,
        name='"); evil("',
        summary=nasty,
        training=replace(card.training, class_names=(nasty, "plain_name", "7")),
        commands=("```", "proxyless train x"),
    )
    page = card_page(lies, architecture)
    shown = r"a\|b \<script\>\`x\`\</script\> \[c\](d) \&lt; \\x1b\[31m next"
    assert page.count(shown) == 2
    assert "plain_name, 7." in page
    assert 'proxyless.load("\\"); evil(\\"")' in page
    assert len(re.findall("^```", page, re.MULTILINE)) == 4
    assert "\x1b" not in page
    assert page.count("\n") == card_page(card, architecture).count("\n") - len(card.commands) + 2
