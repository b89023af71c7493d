"""Networks to measure: what calibrates a table and what shows how good it is."""

import random

from search_spaces import Architecture, Operation, Space

CONCENTRATION = 0.5
"""Of the symmetric Dirichlet distribution over kinds of operations: below 1, few prevail."""


def uniform_network(space: Space, generator: random.Random) -> Architecture:
    """Draw every choice uniformly: networks of a large space then resemble each other."""
    return Architecture.random(space, generator)


def wide_network(space: Space, generator: random.Random) -> Architecture:
    """Draw preferences for kinds of operations first: very shallow networks, all wide kernels..."""
    labels = {operation.label for block in space.blocks for operation in block.candidates}
    preference = {label: generator.gammavariate(CONCENTRATION, 1.0) for label in sorted(labels)}
    choices = []
    for block in space.blocks:
        weights = [preference[operation.label] + 1e-12 for operation in block.candidates]
        choices.append(generator.choices(range(len(weights)), weights)[0])
    return Architecture.choose(space, choices)


def calibration_networks(space: Space, count: int, seed: int = 0) -> list[Architecture]:
    """Draw different networks to calibrate with, uniform and wide ones in turn.

    More begin with fewer. A space of hardly more networks than that gives fewer.
    """
    generator = random.Random(seed)
    draws = (uniform_network, wide_network)
    networks: dict[tuple[Operation, ...], Architecture] = {}
    for _ in range(100 * count):
        if len(networks) < count:
            architecture = draws[len(networks) % 2](space, generator)
            networks.setdefault(architecture.active, architecture)
    return list(networks.values())
