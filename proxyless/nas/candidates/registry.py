"""Evaluators by kind of operation."""

from functools import cache

from search_spaces import Space
from search_spaces.modules import OperationModule
from search_spaces.registry import Registry

from .base import BlockInput, Evaluation, Evaluator
from .plain import Plain

EVALUATORS = Registry(
    "evaluator",
    "proxyless.evaluators",
    {"mbconv": "proxyless.nas.candidates.mbconv:FoldedMBConv"},
)
"""Evaluators that are faster than a plain forward pass, by kind of operation."""


def evaluate(candidate: OperationModule, block_input: BlockInput) -> Evaluation:
    """Run a candidate on its block's input, without its residual, by the fastest evaluator."""
    return get_evaluator(candidate.operation.kind)(candidate, block_input)


@cache
def get_evaluator(kind: str) -> Evaluator:
    """Return the evaluator of a kind of operation; a plain forward pass if none is registered.

    Raises:
        InputError: an installed package offers one that cannot be used.
    """
    if kind not in EVALUATORS.names():
        return Plain()
    return EVALUATORS.create(kind, Evaluator)  # type: ignore[type-abstract]


def load_evaluators(space: Space) -> None:
    """Import the evaluator of every kind of candidate, which a search otherwise does on its way.

    Raises:
        InputError: an installed package offers one that cannot be used.
    """
    for kind in {candidate.kind for block in space.blocks for candidate in block.candidates}:
        get_evaluator(kind)
