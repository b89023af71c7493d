"""Which way of evaluating is for which kind of operation."""

from functools import cache

from search_spaces.modules import OperationModule
from search_spaces.registry import Registry

from .base import BlockInput, Evaluation, Evaluator
from .plain import Plain

EVALUATORS = Registry(
    "evaluator",
    "proxyless.evaluators",
    {"mbconv": "proxyless.nas.candidates.mbconv:FoldedMBConv"},
)
"""Faster ways than a plain forward pass, by the kind of operation."""


def evaluate(candidate: OperationModule, given: BlockInput) -> Evaluation:
    """Run a candidate on its block's input, its residual left out, in the fastest way there is."""
    return get_evaluator(candidate.operation.kind)(candidate, given)


@cache
def get_evaluator(kind: str) -> Evaluator:
    """Return how candidates of a kind are evaluated: a forward pass, unless there is a faster way.

    Raises:
        InputError: an installed package offers one that cannot be used.
    """
    if kind not in EVALUATORS.names():
        return Plain()
    return EVALUATORS.load(kind, Evaluator)()  # type: ignore[type-abstract]
