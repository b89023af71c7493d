"""Architecture updates against autograd, on a space small enough to differentiate whole."""

from copy import deepcopy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, strategies as st
from support import MICRO, randomise
from torch import Tensor

from latency import AdditiveCosts
from proxyless.constraints.budget import Budget
from proxyless.constraints.budgets import Budgets
from proxyless.nas.architecture_parameters import ArchitectureParameters
from proxyless.nas.evaluation import evaluate_paths
from proxyless.nas.supernet import Supernet
from proxyless.nas.updates import ArchitectureUpdate, get_update
from proxyless.nas.updates.base import UPDATES, softmax_gradient
from proxyless.nas.updates.gradient import gate_gradients
from proxyless.nas.updates.reinforce import BASELINE_DECAY, SAMPLES, Reinforce
from search_spaces import InputError, Space, load_space

PATHS = [[0, 0, 0, 0], [3, 4, 2, 1], [1, 2, 3, 4], [2, 4, 0, 4]]
"""The last candidate of the second and the fourth block is zero."""
EVERY = [list(range(width)) for width in (4, 5, 4, 5)]


def supernet_of(space: Space, dtype: torch.dtype = torch.float64) -> Supernet:
    torch.manual_seed(0)
    supernet = Supernet(space)
    randomise(supernet)
    return supernet.to(dtype)


def batch_of(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(12, 1, 8, 8, generator=generator, dtype=torch.float64).to(dtype)
    return images, torch.arange(12) % 3


def update_of(space: Space, method: str, rate: float = 0.05) -> ArchitectureUpdate:
    generator = torch.Generator().manual_seed(1)
    parameters = ArchitectureParameters.for_space(space, generator)
    with torch.no_grad():
        parameters.values.normal_(0, 0.7, generator=generator)
    shape = parameters.mask.shape
    choices = torch.rand(shape, generator=generator, dtype=torch.float64) * parameters.mask
    costs = AdditiveCosts(0.5, choices)
    middle = sum(costs.bounds(parameters.mask)) / 2
    budget = Budget("--target-ms", "ms", costs, middle, "hold", multiplier=0.3)
    budgets = Budgets([budget], parameters.mask)
    budgets.schedule(50)
    return get_update(method)(supernet_of(space), parameters, budgets, rate)


def moved_by(update: ArchitectureUpdate, seed: int) -> Tensor:
    """The gradient that one step follows: with SGD of rate 1, how far back it goes."""
    update.optimizer = torch.optim.SGD([update.parameters.values], lr=1.0)
    before = update.parameters.values.detach().clone()
    update.step(*batch_of(), torch.Generator().manual_seed(seed))
    return before - update.parameters.values.detach()


def reference_gates(supernet: Supernet, path: list[int]) -> tuple[Tensor, Tensor]:
    """dL/dg with every candidate in one graph, behind real-valued gates; and L."""
    images, labels = batch_of(next(supernet.parameters()).dtype)
    gates = torch.zeros(4, 5, dtype=images.dtype)
    gates[range(4), path] = 1
    gates.requires_grad_()
    x = supernet.before(images)
    for block, row in zip(supernet.blocks, gates, strict=True):
        x = torch.stack([row[j] * block(x, j) for j in range(len(block))]).sum(0)
    loss = F.cross_entropy(supernet.after(x), labels)
    (found,) = torch.autograd.grad(loss, [gates])
    return found, loss.detach()


def uniform() -> Tensor:
    widths = torch.tensor([4, 5, 4, 5])[:, None]
    return ((torch.arange(5) < widths) / widths).double()


@pytest.fixture(params=["relu6", "relu"])
def any_space(request: pytest.FixtureRequest, tmp_path: Path) -> Space:
    path = tmp_path / "space.toml"
    path.write_text(MICRO.replace("classes", f'activation = "{request.param}"\nclasses'))
    return load_space(path)


@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 6))
def test_softmax_gradient_is_autograds(seed: int, rows: int, columns: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    values, costs = torch.randn(2, rows, columns, generator=generator, dtype=torch.float64)
    values.requires_grad_()
    p = values.softmax(1)
    (expected,) = torch.autograd.grad((p * costs).sum(), [values])
    found = softmax_gradient(p.detach(), costs)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(softmax_gradient(p.detach(), costs + 7), found)


@pytest.mark.parametrize("pixels", [0, 1 << 40], ids=["folded", "normalised"])
@pytest.mark.parametrize("path", PATHS, ids=str)
def test_gate_gradients_are_autograds(
    any_space: Space, path: list[int], pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxyless.nas.candidates.mbconv.PIXELS_PER_CHANNEL", pixels)
    supernet = supernet_of(any_space)
    observed = gate_gradients(supernet, *batch_of(), path, EVERY)
    gates = observed["gates"]
    expected, loss = reference_gates(supernet, path)
    assert float(expected.abs().max()) > 1e-3
    torch.testing.assert_close(
        softmax_gradient(uniform(), gates), softmax_gradient(uniform(), expected)
    )
    assert observed["loss"] == pytest.approx(float(loss))
    for block in (1, 3):
        torch.testing.assert_close(gates[block], expected[block] - expected[block, 4])
    for block in (0, 2):
        torch.testing.assert_close(gates[block], expected[block])


def test_gate_gradients_in_float32_are_near_those_in_float64(micro: Space) -> None:
    exact = gate_gradients(supernet_of(micro), *batch_of(), PATHS[1], EVERY)["gates"]
    single = gate_gradients(
        supernet_of(micro, torch.float32), *batch_of(torch.float32), PATHS[1], EVERY
    )["gates"]
    torch.testing.assert_close(single.double(), exact, atol=2e-4, rtol=1e-3)


def test_gate_gradients_leave_no_trace_in_the_weights(micro: Space) -> None:
    supernet = supernet_of(micro)
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    gate_gradients(supernet, *batch_of(), PATHS[1], EVERY)
    assert [name for name, value in supernet.named_parameters() if value.grad is not None] == []
    assert all(torch.equal(before[name], value) for name, value in supernet.state_dict().items())


def test_gates_that_were_not_wanted_stay_zero(micro: Space) -> None:
    wanted = [[0, 1], [4, 2], [3], []]
    gates = gate_gradients(supernet_of(micro), *batch_of(), [0, 4, 3, 0], wanted)["gates"]
    every = gate_gradients(supernet_of(micro), *batch_of(), [0, 4, 3, 0], EVERY)["gates"]
    for block, choices in enumerate(wanted):
        others = [choice for choice in range(5) if choice not in choices]
        assert not gates[block, others].any()
        torch.testing.assert_close(gates[block, choices], every[block, choices])


def test_exact_step_follows_gates_and_latency_together(micro: Space) -> None:
    update = update_of(micro, "gradient")
    (path,) = update.parameters.sample(torch.Generator().manual_seed(2)).tolist()
    gates, _ = reference_gates(update.supernet, path)
    values = update.parameters.values.detach().double().requires_grad_()
    p = values.masked_fill(~update.parameters.mask, -torch.inf).softmax(1)
    costs = update.budgets.budgets[0].costs
    violation = (costs.fixed + (p * costs.choices).sum()) / update.budgets.budgets[0].limit - 1
    loss = (p * gates).sum() + update.budgets.budgets[0].multiplier * violation + 5 * violation**2
    (expected,) = torch.autograd.grad(loss, [values])
    found = moved_by(update, 2)
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_two_path_moves_the_pair_and_keeps_the_others(micro: Space, seed: int) -> None:
    update = update_of(micro, "two-path")
    pairs = update.parameters.sample_pairs(torch.Generator().manual_seed(seed))
    values, before = update.parameters.values.detach().clone(), update.parameters.probabilities()
    update.step(*batch_of(), torch.Generator().manual_seed(seed))
    pair = torch.zeros_like(update.parameters.mask).scatter(1, pairs, True)
    changed = update.parameters.values.detach() != values
    assert not changed[~pair].any()
    assert changed[pair].any()
    after = update.parameters.probabilities()
    torch.testing.assert_close(after[~pair], before[~pair], atol=1e-6, rtol=1e-5)
    kept = after.masked_fill(~pair, 0).sum(1), before.masked_fill(~pair, 0).sum(1)
    torch.testing.assert_close(*kept, atol=1e-6, rtol=1e-5)


def test_two_path_follows_the_gradient_over_the_pair(micro: Space) -> None:
    update = update_of(micro, "two-path")
    generator = torch.Generator().manual_seed(6)
    pairs = update.parameters.sample_pairs(generator)
    p = update.parameters.values.detach().gather(1, pairs).softmax(1)
    path = pairs.gather(1, torch.multinomial(p, 1, generator=generator))[:, 0].tolist()
    gates, _ = reference_gates(update.supernet, path)
    costs = update.budgets.gradient(gates, 0.0, update.parameters.probabilities().double())
    gradient = softmax_gradient(p.double(), costs.gather(1, pairs))
    moved = moved_by(update, 6).double().gather(1, pairs)
    torch.testing.assert_close(moved[:, 0] - moved[:, 1], gradient[:, 0] - gradient[:, 1])


@pytest.mark.parametrize("method", UPDATES)
def test_blocks_with_nothing_to_choose_are_left_alone(tmp_path: Path, method: str) -> None:
    path = tmp_path / "space.toml"
    path.write_text(MICRO.replace("[1, 2]", "[2]").replace("[3, 5]", "[3]"))
    update = update_of(load_space(path), method)
    assert update.parameters.mask.sum(1).tolist() == [1, 2, 1, 2]
    for seed in range(10):
        update.step(*batch_of(), torch.Generator().manual_seed(seed))
    p = update.parameters.probabilities()
    assert p[:, 0].tolist()[::2] == [1, 1]
    assert torch.isfinite(update.parameters.values).all()


@pytest.mark.parametrize("method", UPDATES)
def test_weights_are_never_touched(micro: Space, method: str) -> None:
    update = update_of(micro, method)
    before = {name: value.clone() for name, value in update.supernet.state_dict().items()}
    update.step(*batch_of(), torch.Generator().manual_seed(0))
    after = update.supernet.state_dict()
    assert all(torch.equal(before[name], value) for name, value in after.items())
    assert all(value.grad is None for value in update.supernet.parameters())
    assert update.parameters.values.grad is None


@pytest.mark.parametrize("method", UPDATES)
def test_multiplier_moves_with_every_step(micro: Space, method: str) -> None:
    update = update_of(micro, method)
    (budget,) = update.budgets.budgets
    multiplier, rate = budget.multiplier, budget.rate
    update.step(*batch_of(), torch.Generator().manual_seed(0))
    violation = budget.violation(update.parameters.probabilities())
    assert budget.multiplier == pytest.approx(multiplier + rate * violation)


@pytest.mark.parametrize("method", UPDATES)
def test_a_restored_update_goes_on_alike(micro: Space, method: str) -> None:
    one, other = update_of(micro, method), update_of(micro, method)
    generator = torch.Generator().manual_seed(0)
    one.step(*batch_of(), generator)
    other.load_state_dict(deepcopy(one.state_dict()))
    other.parameters.load_state_dict(one.parameters.state_dict())
    other.budgets.load_state_dict(one.budgets.state_dict())
    twin = generator.clone_state()
    one.step(*batch_of(), generator)
    other.step(*batch_of(), twin)
    assert torch.equal(one.parameters.values, other.parameters.values)


def test_evaluating_paths_together_is_evaluating_each(any_space: Space) -> None:
    supernet = supernet_of(any_space)
    images, labels = batch_of()
    paths = [*PATHS, PATHS[0], [0, 0, 0, 4], [0, 4, 3, 1]]
    losses, accuracies = evaluate_paths(supernet, images, labels, paths)
    for path, loss, accuracy in zip(paths, losses.tolist(), accuracies.tolist(), strict=True):
        with torch.no_grad():
            logits = supernet(images, path)
        assert loss == pytest.approx(float(F.cross_entropy(logits, labels)), abs=1e-6)
        assert accuracy == pytest.approx(float((logits.argmax(1) == labels).float().mean()))
    assert len(set(losses.tolist())) == len(paths) - 1


def test_reinforce_keeps_no_autograd_graph(micro: Space) -> None:
    update = update_of(micro, "reinforce")
    saved: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        update.step(*batch_of(), torch.Generator().manual_seed(0))
    assert saved == []


def test_reinforce_follows_the_score_of_its_samples(micro: Space) -> None:
    update = update_of(micro, "reinforce")
    assert isinstance(update, Reinforce)
    update.baseline = 0.2
    sampled = update.parameters.sample(torch.Generator().manual_seed(4), SAMPLES)
    _, rewards = evaluate_paths(update.supernet, *batch_of(), sampled.tolist())
    baseline = BASELINE_DECAY * 0.2 + (1 - BASELINE_DECAY) * float(rewards.mean())
    values = update.parameters.values.detach().double().requires_grad_()
    log_p = values.masked_fill(~update.parameters.mask, -torch.inf).log_softmax(1)
    chosen = log_p[torch.arange(4), sampled].sum(1)
    costs = update.budgets.gradient(torch.zeros_like(log_p), 0.0, log_p.detach().exp())
    loss = -((rewards - baseline) * chosen).mean() + (log_p.exp() * costs).sum()
    (expected,) = torch.autograd.grad(loss, [values])
    found = moved_by(update, 4)
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-4)
    assert len(set(rewards.tolist())) > 1


def test_baseline_is_the_moving_average_of_the_mean_reward(micro: Space) -> None:
    update = update_of(micro, "reinforce")
    assert isinstance(update, Reinforce)
    expected = None
    for seed in range(4):
        mean = float(update.step(*batch_of(), torch.Generator().manual_seed(seed))["accuracy"])
        expected = mean if expected is None else 0.99 * expected + 0.01 * mean
        assert update.baseline == pytest.approx(expected)


def test_unknown_method_lists_the_known_ones(micro: Space) -> None:
    with pytest.raises(InputError, match="no method 'magic': choose one of gradient, two-path"):
        update_of(micro, "magic")
