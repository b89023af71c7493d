import pytest
import torch
import torch.nn.functional as F
from support import randomise

from proxyless.config import Recipe
from proxyless.nas.supernet import Supernet
from search_spaces import Architecture, Network, Space


@pytest.fixture
def supernet(micro: Space) -> Supernet:
    torch.manual_seed(0)
    supernet = Supernet(micro)
    randomise(supernet)
    return supernet


def weights_of(supernet: Supernet, path: list[int]) -> set[str]:
    """Names of the parameters that a path runs."""
    chosen = {f"{block}.candidates.{choice}." for block, choice in enumerate(path)}
    return {
        name
        for name, _ in supernet.named_parameters()
        if not name.startswith("mixed.") or any(name[6:].startswith(one) for one in chosen)
    }


def take_step(
    supernet: Supernet, optimizer: torch.optim.Optimizer, path: list[int], images: torch.Tensor
) -> None:
    optimizer.zero_grad(set_to_none=True)
    labels = torch.arange(len(images)) % 3
    F.cross_entropy(supernet(images, path), labels).backward()
    optimizer.step()


def test_a_path_is_the_network_of_its_choices(supernet: Supernet, micro: Space) -> None:
    path = [1, 4, 0, 2]
    images = torch.randn(4, 1, 8, 8)
    network = Network(Architecture.choose(micro, path).operations).train()
    modules = [*supernet.before, *(b[c] for b, c in zip(supernet.blocks, path, strict=True))]
    modules = [module for module in [*modules, *supernet.after] if len(module.layers)]
    for block, module in zip(network.blocks, modules, strict=True):
        block.load_state_dict(module.state_dict(), strict=False)
    torch.testing.assert_close(network(images), supernet(images, path))


def test_zero_is_the_identity(supernet: Supernet) -> None:
    x = torch.randn(2, 8, 8, 8)
    assert torch.equal(supernet.blocks[1](x, 4), x)
    assert [len(block) for block in supernet.blocks] == [4, 5, 4, 5]


def test_only_the_sampled_path_moves_whatever_momentum_and_decay_say(supernet: Supernet) -> None:
    optimizer = Recipe(weight_decay=0.1).optimizer(supernet.parameters())
    images = torch.randn(6, 1, 8, 8)
    take_step(supernet, optimizer, [0, 1, 2, 3], images)
    before = {name: value.detach().clone() for name, value in supernet.named_parameters()}
    path = [0, 4, 3, 3]
    take_step(supernet, optimizer, path, images)
    moved = {n for n, value in supernet.named_parameters() if not torch.equal(value, before[n])}
    assert moved == weights_of(supernet, path)


def test_paths_that_did_not_run_have_no_gradient(supernet: Supernet) -> None:
    path = [3, 0, 1, 4]
    supernet(torch.randn(4, 1, 8, 8), path).sum().backward()
    given = {name for name, value in supernet.named_parameters() if value.grad is not None}
    assert given == weights_of(supernet, path)


def test_running_a_path_remembers_nothing(supernet: Supernet) -> None:
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    supernet(torch.randn(4, 1, 8, 8), [0, 0, 0, 0])
    after = supernet.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert not [name for name in after if "running" in name]


def test_number_of_choices_is_checked(supernet: Supernet) -> None:
    with pytest.raises(ValueError, match="shorter"):
        supernet(torch.randn(2, 1, 8, 8), [0, 0])
