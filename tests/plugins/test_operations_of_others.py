"""Operations that nobody here wrote: in spaces, in files, in tables, in gates."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from offered import offered
from support import MICRO, randomise, run_cli, write_table
from torch import Tensor, nn

from latency import Table, load_predictor
from latency.timing.engines import open_session
from proxyless.nas.candidates.base import BlockInput, channel_sums
from proxyless.nas.candidates.plain import Plain
from proxyless.nas.candidates.registry import evaluate, get_evaluator
from proxyless.nas.evaluation import evaluate_paths
from proxyless.nas.supernet import Supernet
from proxyless.nas.updates.gradient import gate_gradients
from search_spaces import (
    Architecture,
    InputError,
    MBConv,
    ModuleOperation,
    Place,
    Space,
    Style,
    load_space,
    space_names,
)
from search_spaces.definition_sections import Input
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.tflite import tflite_model
from search_spaces.graphs.weights import folded_weights, random_weights
from search_spaces.layer import BatchNorm
from search_spaces.modules import OperationModule, count_parameters
from search_spaces.operations.counting import count
from search_spaces.operations.registry import OPERATIONS, get_operation
from search_spaces.registered import SPACES
from search_spaces.resources import peak_activation_bytes, weight_bytes

PLACE = Place(8, 8, 1, 8, True, "relu6", BatchNorm())
EVERY = [[0, 1, 2], [0, 1, 2, 3]] * 2


@pytest.fixture(params=["plain", "faster"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both ways of evaluating a ghost: the package's own is only found in one."""
    groups = ["operations", "spaces"] + ["evaluators"] * (request.param == "faster")
    with offered(*groups):
        yield request.param


@pytest.fixture
def others() -> Iterator[None]:
    """Operations and spaces of the package."""
    with offered("operations", "spaces"):
        yield


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(12, 1, 8, 8, generator=generator, dtype=torch.float64)
    return images, torch.arange(12) % 10


def supernet_of(space: Space) -> Supernet:
    torch.manual_seed(0)
    supernet = Supernet(space)
    randomise(supernet)
    return supernet.double()


def autograd_gates(supernet: Supernet, path: list[int]) -> Tensor:
    """dL/dg with every candidate in one graph."""
    images, labels = batch()
    gates = torch.zeros(4, 4, dtype=images.dtype)
    gates[range(4), path] = 1
    gates.requires_grad_()
    x = supernet.before(images)
    for block, row in zip(supernet.blocks, gates, strict=True):
        x = torch.stack([row[j] * block(x, j) for j in range(len(block))]).sum(0)
    loss = F.cross_entropy(supernet.after(x), labels)
    (found,) = torch.autograd.grad(loss, [gates])
    return found


@pytest.mark.parametrize("path", [[2, 2, 2, 2], [0, 3, 1, 2], [2, 1, 2, 3]], ids=str)
def test_gates_are_autograds(way: str, path: list[int]) -> None:
    supernet = supernet_of(load_space("ghostly"))
    assert isinstance(get_evaluator("ghost"), Plain) == (way == "plain")
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    gates = gate_gradients(supernet, *batch(), path, EVERY)["gates"]
    expected = autograd_gates(supernet, path)
    assert float(expected[:, 2].abs().max()) > 1e-4, "ghosts matter"
    for block in (0, 2):
        torch.testing.assert_close(gates[block], expected[block])
    for block in (1, 3):
        torch.testing.assert_close(gates[block], expected[block] - expected[block, 3])
    after = supernet.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert all(parameter.grad is None for parameter in supernet.parameters())


def test_paths_are_evaluated_as_they_run(way: str) -> None:
    supernet = supernet_of(load_space("ghostly"))
    paths = [[2, 2, 2, 2], [2, 2, 2, 3], [0, 2, 1, 2]]
    losses, _ = evaluate_paths(supernet, *batch(), paths)
    for path, loss in zip(paths, losses.tolist(), strict=True):
        with torch.no_grad():
            expected = F.cross_entropy(supernet(batch()[0], path), batch()[1])
        assert loss == pytest.approx(float(expected), abs=1e-6)


@dataclass(frozen=True)
class Strange(ModuleOperation):
    """Any module as an operation of 8 channels."""

    made: type[nn.Module]
    kind: Literal["strange"] = "strange"

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return (8, 8, 8)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        return (8, 8, 8)

    @property
    def key(self) -> str:
        return "strange"

    @property
    def label(self) -> str:
        return "Strange"

    @property
    def style(self) -> Style:
        return Style("Strange", hue=1)

    def module(self, running_statistics: bool = True) -> nn.Module:
        return self.made()


class Remembers(nn.Module):
    """A batch norm that keeps running statistics, whatever it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(x)
        return y


class InPlace(nn.ReLU):
    """A ReLU that writes into its input."""

    def __init__(self) -> None:
        super().__init__(inplace=True)


def test_plain_evaluation_leaves_no_trace_in_what_remembers() -> None:
    candidate = OperationModule(Strange(Remembers))
    before = {name: value.clone() for name, value in candidate.state_dict().items()}
    x = torch.randn(4, 8, 8, 8).requires_grad_()
    found = evaluate(candidate, BlockInput(x)).output()
    assert not found.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in candidate.state_dict().items())
    torch.testing.assert_close(found, candidate(x).detach())
    assert any(
        not torch.equal(value, before[name]) for name, value in candidate.state_dict().items()
    ), "an ordinary pass does leave a trace"


def test_a_module_that_changes_its_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"operation Strange \(strange\) changes its input"):
        evaluate(OperationModule(Strange(InPlace)), BlockInput(torch.randn(2, 8, 8, 8)))


def test_an_output_that_is_the_input_may_be_written_to() -> None:
    x = torch.randn(2, 8, 8, 8)
    before = x.clone()
    block_input = BlockInput(x)
    evaluation = evaluate(OperationModule(Strange(nn.Identity)), block_input)
    gradient = torch.randn_like(x)
    product = evaluation.inner_product(gradient, channel_sums(gradient))
    torch.testing.assert_close(product, (x * gradient).sum())
    evaluation.output().zero_()
    assert torch.equal(x, before)


@pytest.mark.usefixtures("others")
def test_a_module_is_counted_as_layers_are() -> None:
    (fused, _) = get_operation("fused-mbconv").candidates(PLACE)
    (ghost,) = get_operation("ghost").candidates(PLACE)
    assert ghost.macs == 8 * 8 * (8 * 4 + 4 * 9)
    assert ghost.parameters == count_parameters(ghost.module()) == 8 * 4 + 4 * 9 + 4 * 4
    assert weight_bytes(ghost) == 4 * ghost.parameters
    assert peak_activation_bytes(ghost) >= 4 * (8 + 8) * 8 * 8
    assert fused.macs == 8 * 8 * (8 * 8 * 9 + 8 * 8)
    assert fused.lowerable
    assert not ghost.lowerable


def test_counts_of_layers_are_those_of_their_modules() -> None:
    block = MBConv(8, 8, 3, 1, 3, 8, True)
    counts = count(block)
    assert (counts.macs, counts.parameters) == (block.macs, block.parameters)
    assert 4 * counts.peak_activations == peak_activation_bytes(block)


class Swish(NamedTuple):
    """A layer that no lowering knows."""

    parameters: int = 0
    macs: int = 0
    output_resolution: int = 8


@pytest.mark.parametrize("lower", [onnx_model, tflite_model])
def test_a_layer_that_no_lowering_knows_is_refused_and_not_left_out(lower: Any) -> None:
    class Swished(MBConv):
        layers = (*MBConv(8, 8, 3, 1, 3, 8, True).layers, Swish())  # type: ignore[arg-type]

    operation = Swished(8, 8, 3, 1, 3, 8, True)
    weights = random_weights([MBConv(8, 8, 3, 1, 3, 8, True)])
    with pytest.raises(InputError, match=r"MB3_3x3 \(mbconv\) has a layer Swish, which cannot be"):
        lower([operation], weights)


@pytest.mark.usefixtures("others")
def test_what_has_layers_is_lowered_and_agrees() -> None:
    space = load_space("fused")
    architecture = Architecture.choose(space, [1, 0, 1, 1])
    network = architecture.build()
    randomise(network)
    network.eval()
    model = onnx_model(architecture.active, folded_weights(network))
    images = torch.randn(1, 1, 8, 8)
    (logits,) = open_session(model.SerializeToString()).run(None, {"images": images.numpy()})
    with torch.inference_mode():
        np.testing.assert_allclose(logits, network(images).numpy(), atol=1e-4)


@pytest.mark.usefixtures("others")
def test_what_has_none_is_refused_in_a_sentence() -> None:
    architecture = Architecture.choose(load_space("ghostly"), [2, 2, 0, 3])
    ghosts = [one for one in architecture.operations if one.kind == "ghost"]
    sentence = r"operation Ghost \(ghost\) has no layers, only a PyTorch module, so .* ONNX model"
    with pytest.raises(InputError, match=sentence):
        onnx_model(ghosts, [])


@pytest.mark.usefixtures("others")
def test_files_and_tables_keep_them(tmp_path: Path) -> None:
    space = load_space("ghostly")
    architecture = Architecture.choose(space, [2, 2, 2, 3])
    assert Architecture.from_json(architecture.to_json()) == architecture
    write_table(tmp_path / "table.db", space.operations(), lambda one: float(one.macs))
    info = load_predictor(tmp_path / "table.db", device="Phone").info
    with Table.open(tmp_path / "table.db") as table:
        found = [one for (one,) in table.programs(info.id, "operation").values()]
    assert set(found) == set(space.operations())


def test_without_the_package_a_file_says_what_is_missing() -> None:
    with offered("operations", "spaces"):
        text = Architecture.choose(load_space("ghostly"), [2, 2, 2, 3]).to_json()
    with (
        offered(),
        pytest.raises(
            InputError,
            match=r"^architecture: operation 3: there is no operation 'ghost': choose one of "
            r"convolution, mbconv, zero, classifier, or install the package that offers it$",
        ),
    ):
        Architecture.from_json(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.pop("kind"), "^mine: operation 1: field 'kind' is missing$"),
        (lambda data: data.update(kind=3), "^mine: operation 1: kind 3 is not a string$"),
        (lambda data: data.update(kernel="wide"), "^mine: operation 1, kernel: 'wide' is wrong: "),
        (lambda data: data.update(norm={"momentum": "x"}), "^mine: operation 1, norm, momentum: "),
    ],
)
def test_a_wrong_operation_is_named_with_its_field(micro: Space, change: Any, words: str) -> None:
    data = json.loads(Architecture.choose(micro, [0, 0, 0, 0]).to_json())
    change(data["operations"][0])
    with pytest.raises(InputError, match=words):
        Architecture.from_json(json.dumps(data), "mine")
    data["operations"][0] = 3
    with pytest.raises(InputError, match=r"^mine: operation 1: 3 is no operation"):
        Architecture.from_json(json.dumps(data), "mine")


@pytest.mark.usefixtures("others")
def test_spaces_of_packages_stand_behind_ours() -> None:
    assert space_names() == ("cifar", "imagenet", "tiny", "fused", "ghostly")
    listed = run_cli("spaces", "--json")
    assert [one["space"] for one in json.loads(listed.stdout)] == list(space_names())
    with pytest.raises(
        InputError, match=r"no space gostly \(did you mean ghostly\?\): .*, ghostly"
    ):
        load_space("gostly")


def space_with(tmp_path: Path, candidates: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(MICRO.replace("kernels = [3, 5]", f"kernels = [3, 5], {candidates}"))
    return path


@pytest.mark.usefixtures("others")
def test_a_space_file_names_operations(tmp_path: Path) -> None:
    space = load_space(space_with(tmp_path, 'operations = ["ghost", "fused-mbconv"]'))
    labels = [[one.label for one in block.candidates] for block in space.blocks]
    mobile = ["MB1_3x3", "MB1_5x5", "MB2_3x3", "MB2_5x5"]
    assert labels[0] == [*mobile, "Ghost", "FMB1_3x3", "FMB2_3x3"]
    assert labels[3] == [*labels[0], "zero"]


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        (
            'operations = ["gost"]',
            "candidates: there is no operation 'gost': choose one of .*ghost",
        ),
        ('operations = ["ghost", "ghost"]', "candidates: operations .* names a value twice"),
        ('operations = ["mbconv"]', "operation 'mbconv' offers no candidates: leave it out"),
    ],
)
@pytest.mark.usefixtures("others")
def test_a_space_file_that_names_what_cannot_be(
    tmp_path: Path, candidates: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        load_space(space_with(tmp_path, candidates))


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"out_channels": 24}, r"offers Ghost from \(8, 8, 8\) to \(24, 8, 8\) where .* is wanted"),
        ({"skip": True}, "offers Ghost with a residual where there can be none"),
    ],
)
def test_candidates_that_do_not_fit_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], words: str
) -> None:
    ghost: Any = get_operation("ghost")
    kept = ghost.candidates
    monkeypatch.setattr(
        ghost, "candidates", lambda place: [replace(kept(place)[0], **change)], raising=True
    )
    with pytest.raises(InputError, match=words):
        load_space(space_with(tmp_path, 'operations = ["ghost"]'))


def test_a_class_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("wide", "search_spaces.operations.mbconv:MBConv", OPERATIONS.group)
    monkeypatch.setitem(vars(OPERATIONS), "_offered", {"wide": [entry]})
    with pytest.raises(
        InputError, match=r"operation 'wide': .*MBConv is no dataclass with a field"
    ):
        get_operation("wide")


def test_a_space_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("wide", "search_spaces.space:Space", SPACES.group)
    monkeypatch.setitem(vars(SPACES), "_offered", {"wide": [entry]})
    with pytest.raises(
        InputError, match=r"space 'wide' of .* is neither the text of a TOML file nor"
    ):
        load_space("wide")


def test_a_definition_may_be_any_object(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("mine", "test_operations_of_others:MINE", SPACES.group)
    monkeypatch.setitem(vars(SPACES), "_offered", {"mine": [entry]})
    assert load_space("mine") == load_space("tiny")


class Mine:
    """The least that a space must be."""

    name = "mine"
    input = Input(1, 8)

    def adapt(self, **changes: Any) -> "Mine":
        return self

    def expand(self) -> Space:
        return load_space("tiny")


MINE = Mine()


class Unexpandable(Mine):
    def expand(self) -> Space:
        raise ZeroDivisionError("of theirs")


UNEXPANDABLE = Unexpandable()
NO_SPACE = "format = 9"


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_spaces_that_packages_spoil_are_left_out_of_the_list(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    here = "test_operations_of_others"
    values = {
        "absent": "no_such_package:SPACE",
        "classy": "search_spaces.space:Space",
        "mine": f"{here}:MINE",
        "unexpandable": f"{here}:UNEXPANDABLE",
        "unreadable": f"{here}:NO_SPACE",
        "wrong": "a b",
    }
    offered = {name: [EntryPoint(name, value, SPACES.group)] for name, value in values.items()}
    offered["twice"] = [*offered["mine"], *offered["wrong"]]
    monkeypatch.setitem(vars(SPACES), "_offered", offered)
    listed = run_cli("spaces", *options)
    assert listed.status == 0
    working = {"tiny", "mine"}
    assert all(name in listed.stdout for name in working)
    broken = offered.keys() - working
    assert not [name for name in broken if name in listed.stdout]
    lines = listed.stderr.splitlines()
    assert len(lines) == len(broken)
    assert all(line.startswith("left out: space ") for line in lines)
    for name in broken:
        assert sum(name in line for line in lines) == 1
    (one,) = (line for line in lines if "unexpandable" in line)
    assert "cannot be expanded (ZeroDivisionError: of theirs)" in one
