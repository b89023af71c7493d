"""Runs and models with operations of a package, where that package is not installed."""

import json
import random
import re
import shutil
from pathlib import Path

import onnx
import pytest
from made_up_run import edit, write_run
from offered import offered
from support import MICRO, run_cli

from proxyless import Zoo
from proxyless.deploy.claims import Claims, believed
from proxyless.reporting import report
from search_spaces import InputError, load_space

BUILT_IN = Zoo.built_in()
READABLE = "proxyless_gpu"
UNREADABLE = "proxyless_cpu"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose every block is a ghost."""
    file = tmp_path / "ghosts.toml"
    ghosts = MICRO.replace("[1, 2]", "[]").replace("[3, 5]", '[], operations = ["ghost"]')
    file.write_text(ghosts.replace("kernels = []", "kernels = [], skip = false"))
    with offered("operations"):
        write_run(tmp_path / "run", load_space(file), random.Random(0))
    return tmp_path / "run"


def test_a_report_is_made_without_the_package(run: Path) -> None:
    page = report(run).read_text()
    assert "The network is not drawn: it holds operations of kind ghost" in page
    assert "A network of the space micro." in page
    assert page.count(">Ghost</td>") >= 4
    assert "90 k" in page
    with offered("operations"):
        assert "is not drawn" not in report(run).read_text()


def test_what_was_not_searched_is_named_by_its_kind(run: Path) -> None:
    shutil.rmtree(run / "search")
    page = report(run).read_text()
    assert ">ghost</td>" in page
    assert "MACs</dt>" not in page


def test_runs_are_compared_without_the_package(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "micro.toml"
    file.write_text(MICRO)
    for number in (1, 2):
        write_run(tmp_path / f"ours-{number}", load_space(file), random.Random(number))
    mixed = report([run, tmp_path / "ours-1", tmp_path / "ours-2"]).read_text()
    assert "2 networks of up to" in mixed
    assert "The network is not drawn" in mixed
    shutil.copytree(run, tmp_path / "again")
    alike = report([run, tmp_path / "again"]).read_text()
    assert "networks of up to" not in alike
    assert alike.count("The network is not drawn") == 2


def test_a_damaged_architecture_is_refused(run: Path) -> None:
    edit(run / "architecture.json", lambda data: data.pop("name"))
    with pytest.raises(InputError, match=r"architecture\.json"):
        report(run)


def test_a_model_file_is_timed_without_its_network(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network = json.loads((run / "architecture.json").read_text())
    content = onnx.ModelProto().SerializeToString()

    def claims() -> Claims:
        told = {"facts": 2, "version": "1", "architecture": network}
        return believed(run / "model.onnx", content, lambda: told, None)

    assert claims().facts is not None
    assert claims().architecture is None
    assert caplog.text == ""
    with offered("operations"):
        assert claims() == Claims(), "no file holds what only PyTorch runs"
    assert "it claims another network than its layers are" in caplog.text
    del network["name"]
    network["operations"] = network["operations"][:2]
    assert claims() == Claims()
    assert "field 'name' is missing" in caplog.text


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    folder = tmp_path / "zoo"
    for name in (READABLE, UNREADABLE):
        shutil.copytree(BUILT_IN.folder / name, folder / name)
    edit(
        folder / UNREADABLE / "architecture.json",
        lambda data: data["operations"][1].update(kind="ghost"),
    )
    return Zoo(folder)


def test_models_that_can_be_read_are_listed_beside_one_that_cannot(zoo: Zoo) -> None:
    listed = run_cli("zoo", "list", "--zoo", zoo.folder)
    assert listed.status == 0
    assert READABLE in listed.stdout
    assert re.search(rf"{UNREADABLE} .*cannot be read", listed.stdout)
    sentence = " ".join(listed.stderr.split())
    assert sentence.startswith(f"{UNREADABLE} cannot be read: ")
    assert "there is no operation 'ghost'" in sentence
    assert sentence.endswith("or install the package that offers it")
    of_json = {
        one["model"]: one
        for one in json.loads(run_cli("zoo", "list", "--zoo", zoo.folder, "--json").stdout)
    }
    assert "ghost" in of_json[UNREADABLE]["fault"]
    assert of_json[UNREADABLE].keys() - {"fault"} == of_json[READABLE].keys()
    assert of_json[READABLE]["parameters"] > 0


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_models_that_can_be_read_are_verified_beside_one_that_cannot(
    zoo: Zoo, options: tuple[str, ...]
) -> None:
    verified = run_cli("zoo", "verify", "--zoo", zoo.folder, *options)
    assert verified.status == 1
    assert READABLE in verified.stdout
    assert UNREADABLE in verified.stdout
    assert f"{UNREADABLE} cannot be verified here: " in verified.stderr
    named = run_cli("zoo", "verify", UNREADABLE, "--zoo", zoo.folder)
    assert named.status == 2
    assert "there is no operation 'ghost'" in named.stderr
