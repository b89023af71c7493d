"""Sampling networks to measure, for calibration and for evaluation of a table."""

import random

from search_spaces import Architecture, Operation, Space

CONCENTRATION = 0.5
"""Of the symmetric Dirichlet distribution over labels of operations; below 1, few dominate."""


def uniform_network(space: Space, generator: random.Random) -> Architecture:
    """Draw every choice uniformly; such networks of a large space are similar to each other."""
    return Architecture.random(space, generator)


def wide_network(space: Space, generator: random.Random) -> Architecture:
    """Draw preferences for labels first, so that shallow or wide networks occur."""
    labels = {operation.label for block in space.blocks for operation in block.candidates}
    preference = {label: generator.gammavariate(CONCENTRATION, 1.0) for label in sorted(labels)}
    choices = []
    for block in space.blocks:
        weights = [preference[operation.label] + 1e-12 for operation in block.candidates]
        choices.append(generator.choices(range(len(weights)), weights)[0])
    return Architecture.choose(space, choices)


def calibration_networks(space: Space, count: int, seed: int = 0) -> list[Architecture]:
    """Draw different networks for calibration, uniform and wide ones alternately.

    A larger ``count`` extends the list of a smaller one. Small spaces may give fewer networks.
    """
    generator = random.Random(seed)
    draws = (uniform_network, wide_network)
    networks: dict[tuple[Operation, ...], Architecture] = {}
    for _ in range(100 * count):
        if len(networks) < count:
            architecture = draws[len(networks) % 2](space, generator)
            networks.setdefault(architecture.active, architecture)
    return list(networks.values())
