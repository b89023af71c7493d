"""Methods by name: ours, and one of a package that is installed beside them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from support import run_cli

from proxyless import DeviceConfig, SearchConfig, TaskConfig, TrainConfig, search, train
from proxyless.cli.config_options import config_options
from proxyless.config import SyncConfig
from proxyless.nas.candidates.registry import EVALUATORS, get_evaluator
from proxyless.nas.method import Method
from proxyless.nas.updates import METHODS, ArchitectureUpdate, get_method
from search_spaces import Architecture, InputError
from search_spaces.schema import dump, parse

OURS = ("gradient", "two-path", "reinforce", "random", "evolution")
PACKAGE = '''
import torch

from proxyless.cli.config_options import config_options
from proxyless.nas.candidates.registry import EVALUATORS, get_evaluator
from proxyless.nas.method import Method
from proxyless.nas.updates import ArchitectureUpdate, softmax_gradient


class Cheapest(ArchitectureUpdate):
    """Follows the budgets alone."""

    def collect(self, images, labels, paths):
        return {"loss": torch.zeros(()), "accuracy": torch.zeros(())}

    def apply(self, statistics):
        probabilities = self.parameters.probabilities()
        costs = self.budgets.gradient(torch.zeros_like(probabilities), 0.0, probabilities)
        self.descend(softmax_gradient(probabilities.double(), costs))
        self.budgets.update(self.parameters.probabilities())


class Together(Cheapest):
    """Means something only where all workers draw the same paths."""

    needs_same_paths = True


class First(Method):
    """A baseline: the network of the dearest candidates that keeps the budgets."""

    def choose(self, budgets, accuracy, generator):
        return budgets.derive(self.parameters.mask.double().cumsum(1).log())


class Unfinished(ArchitectureUpdate):
    """Lacks what it must have."""
'''
ENTRY_POINTS = """\
[proxyless.updates]
cheapest = their_methods:Cheapest
first = their_methods:First
together = their_methods:Together
unfinished = their_methods:Unfinished
number = decimal:Decimal
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package of somebody else's, as pip leaves it."""
    site = tmp_path / "site"
    (site / "their_methods-1.0.dist-info").mkdir(parents=True)
    (site / "their_methods.py").write_text(PACKAGE)
    metadata = "Metadata-Version: 2.1\nName: their-methods\nVersion: 1.0\n"
    (site / "their_methods-1.0.dist-info" / "METADATA").write_text(metadata)
    (site / "their_methods-1.0.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(site)
    vars(METHODS).pop("_offered", None)
    yield
    vars(METHODS).pop("_offered", None)


@pytest.fixture
def config(images: Path, micro_file: Path, micro_table: Path, micro_target: float) -> SearchConfig:
    task = TaskConfig(str(images), str(micro_file), batch_size=8, compute="cpu")
    device = DeviceConfig(str(micro_table), micro_target)
    return SearchConfig(task, (device,), warmup_epochs=1, epochs=3, architecture_interval=1)


@pytest.mark.parametrize("name", OURS)
def test_ours_are_there(name: str) -> None:
    learns = name in OURS[:3]
    assert issubclass(get_method(name), Method)
    assert issubclass(get_method(name), ArchitectureUpdate) == learns


def test_ours_come_first() -> None:
    assert METHODS.names()[: len(OURS)] == OURS


@pytest.mark.usefixtures("installed")
def test_an_update_of_another_package_searches_by_its_name(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, micro_target: float
) -> None:
    outcome = run_cli(
        "search", "--method", "cheapest", "--max-params", "2k", "--data", images,
        "--space", micro_file, "--table", micro_table, "--batch-size", 8, "--compute", "cpu",
        "--warmup-epochs", 0, "--epochs", 3, "--interval", 1, "--out", tmp_path / "run", "--json",
    )  # fmt: skip
    assert outcome.status == 0, outcome.stderr
    assert json.loads(outcome.stdout)["architecture_updates"] > 0
    assert Architecture.load(tmp_path / "run" / "architecture.json").parameters <= 2000
    rows = [
        json.loads(line)["probabilities"]
        for line in (tmp_path / "run" / "search" / "log.jsonl").read_text().splitlines()
    ]
    assert rows[-1] != rows[0]
    assert run_cli("report", tmp_path / "run").status == 0


@pytest.mark.usefixtures("installed")
def test_a_baseline_of_another_package_learns_nothing_and_chooses(
    tmp_path: Path, config: SearchConfig
) -> None:
    (found,) = search(replace(config, method="first"), tmp_path / "run")
    assert found.result.architecture_updates == 0
    assert config.devices[0].target_ms is not None
    assert found.result.predicted_ms <= config.devices[0].target_ms


@pytest.mark.usefixtures("installed")
def test_help_and_refusals_name_what_is_installed() -> None:
    (option,) = (o for o in config_options(SearchConfig) if o.name == "method")
    shown = option.parameter().annotation.__metadata__[0].metavar
    assert shown == f"[{'|'.join(OURS)}|cheapest|first|number|together|unfinished]"
    outcome = run_cli("search", "--target-ms", 1, "--method", "magic")
    assert outcome.stderr == (
        "error: --method 'magic' is not gradient, two-path, reinforce, random, evolution, "
        "cheapest, first, number, together or unfinished\n"
    )


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "unfinished",
            "method 'unfinished' of .* lacks `apply`, `collect`",
        ),
        ("number", r"method 'number' of their-methods 1\.0 is no subclass of proxyless\.nas\.met"),
        ("magic", "there is no method 'magic': choose one of gradient, .*, cheapest, first, num"),
    ],
)
def test_what_is_no_method_is_refused_before_data_is_opened(
    name: str, words: str, tmp_path: Path, config: SearchConfig
) -> None:
    nowhere = replace(config.task, data=str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=words):
        search(replace(config, task=nowhere, method=name), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_configuration_of_a_method_that_is_not_here_can_be_read(config: SearchConfig) -> None:
    theirs = replace(config, method="cheapest")
    assert parse(SearchConfig, dump(theirs), "config").method == "cheapest"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["two-path", "together"])
def test_workers_draw_paths_of_their_own_only_for_methods_that_allow_it(
    name: str, tmp_path: Path, config: SearchConfig
) -> None:
    shared = replace(config, method=name, sync=SyncConfig(2, paths="own"))
    words = f"`method` '{name}' needs the same paths everywhere: `paths` same"
    with pytest.raises(InputError, match=words):
        search(shared, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_a_ring_cannot_add_up_is_refused_before_anything_is_begun(
    tmp_path: Path, config: SearchConfig
) -> None:
    shared = replace(config, sync=SyncConfig(2, transport="ring", codec="half"))
    words = "`transport` 'ring' cannot add up `codec` 'half': choose dense"
    with pytest.raises(InputError, match=words):
        search(shared, tmp_path / "run")
    architecture = Architecture.choose(config.task.expand_space(None), [0, 0, 0, 0])
    with pytest.raises(InputError, match=words):
        train(TrainConfig(config.task, architecture, sync=shared.sync), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_command_line_says_so_in_options(
    tmp_path: Path, micro_table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    outcome = run_cli(
        "search", "--sync", "delayed", "--delay", 0, "--method", "two-path", "--paths", "own",
        "--table", micro_table, "--target-ms", 1, "--out", tmp_path / "run",
    )  # fmt: skip
    said = "error: --method 'two-path' needs the same paths everywhere: --paths same\n"
    assert (outcome.status, outcome.stderr) == (2, said)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("proxyless.nas.candidates.base:Evaluator", "'zero' of .* lacks `__call__`: mend"),
        ("no_such_package:Thing", r"'zero' of .* cannot be imported \(ModuleNotFoundError"),
        ("decimal:Decimal", "'zero' of .* is no subclass of .*Evaluator: mend"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_an_evaluator_that_cannot_be_used_is_refused_before_the_run_is_begun(
    tmp_path: Path, config: SearchConfig, monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    offered = {"zero": [EntryPoint("zero", value, EVALUATORS.group)]}
    monkeypatch.setitem(vars(EVALUATORS), "_offered", offered)
    get_evaluator.cache_clear()
    with pytest.raises(InputError, match=f"evaluator {words}"):
        search(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    get_evaluator.cache_clear()
