"""Baselines on the same supernet: they compare networks and learn no architecture parameters.

Both consider only networks that keep the budgets and use them to the same extent as the result of
a search does.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..constraints.budgets import Budgets
from .method import Accuracy, Method

RANDOM_NETWORKS = 100
POPULATION, PARENTS, GENERATIONS = 20, 8, 5
MUTATION = 0.15
"""Probability that a mutation redraws a block."""


def random_networks(budgets: Budgets, generator: torch.Generator, count: int) -> list[list[int]]:
    """Draw networks that keep the budgets and use them as much as a search's result does."""
    shape = budgets.mask.shape
    return [budgets.derive(gumbel(shape, generator)) for _ in range(count)]


def best_of_random(
    budgets: Budgets,
    accuracy: Accuracy,
    generator: torch.Generator,
    networks: int = RANDOM_NETWORKS,
) -> list[int]:
    """Return the most accurate of random networks."""
    return _most_accurate(random_networks(budgets, generator, networks), accuracy)


def evolve(budgets: Budgets, accuracy: Accuracy, generator: torch.Generator) -> list[int]:
    """Return the most accurate network of an evolution (as in Guo et al., 2020, SPOS).

    The best of each generation have children by mutation and by crossover, each replaced by the
    nearest network that keeps the budgets. It evaluates as many networks as the random search.
    """
    seen = random_networks(budgets, generator, POPULATION)
    for _ in range(GENERATIONS - 1):
        ranked = sorted(zip(accuracy(seen), seen, strict=True), reverse=True)
        parents = [path for _, path in ranked[:PARENTS]]
        for _ in range(POPULATION // 2):
            mixed = (_mutated(budgets, parents, generator), _crossed(parents, generator))
            seen += [_nearest(budgets, path, generator) for path in mixed]
    return _most_accurate(seen, accuracy)


class RandomSearch(Method):
    """The most accurate of random networks."""

    def choose(self, budgets: Budgets, accuracy: Accuracy, generator: torch.Generator) -> list[int]:
        """Draw networks within the budgets, and return the most accurate."""
        return best_of_random(budgets, accuracy, generator)


class Evolution(Method):
    """The most accurate network of an evolution."""

    def choose(self, budgets: Budgets, accuracy: Accuracy, generator: torch.Generator) -> list[int]:
        """Evolve networks within the budgets, and return the most accurate."""
        return evolve(budgets, accuracy, generator)


def _most_accurate(paths: Sequence[list[int]], accuracy: Accuracy) -> list[int]:
    return max(zip(accuracy(paths), paths, strict=True))[1]


def _mutated(
    budgets: Budgets, parents: Sequence[list[int]], generator: torch.Generator
) -> list[int]:
    child = _pick(parents, generator)
    drawn = torch.multinomial(budgets.mask.double(), 1, generator=generator)[:, 0].tolist()
    changes = (torch.rand(len(child), generator=generator) < MUTATION).tolist()
    return [new if change else old for old, new, change in zip(child, drawn, changes, strict=True)]


def _crossed(parents: Sequence[list[int]], generator: torch.Generator) -> list[int]:
    mother, father = _pick(parents, generator), _pick(parents, generator)
    from_mother = (torch.rand(len(mother), generator=generator) < 0.5).tolist()
    return [m if first else f for m, f, first in zip(mother, father, from_mother, strict=True)]


def _pick(paths: Sequence[list[int]], generator: torch.Generator) -> list[int]:
    return paths[int(torch.randint(len(paths), (1,), generator=generator))]


def _nearest(budgets: Budgets, path: Sequence[int], generator: torch.Generator) -> list[int]:
    """Return the network within the budgets that differs in the fewest blocks; ties at random."""
    scores = 1e-3 * gumbel(budgets.mask.shape, generator)
    scores[range(len(path)), list(path)] += 1
    return budgets.derive(scores)


def gumbel(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Draw standard Gumbel noise: the argmax of scores plus noise is a draw by their softmax."""
    uniform = torch.rand(*shape, generator=generator, dtype=torch.float64)
    return -(-uniform.clamp(min=1e-300).log()).log()
