"""The search methods by name: built-in or of installed packages, imported when they are used."""

from typing import TYPE_CHECKING

from search_spaces.registry import Registry

if TYPE_CHECKING:
    from ..method import Method

METHODS = Registry(
    "method",
    "proxyless.updates",
    {
        "gradient": "proxyless.nas.updates.gradient:ExactGates",
        "two-path": "proxyless.nas.updates.gradient:TwoPath",
        "reinforce": "proxyless.nas.updates.reinforce:Reinforce",
        "random": "proxyless.nas.baselines:RandomSearch",
        "evolution": "proxyless.nas.baselines:Evolution",
    },
)
"""Every method, by the name that ``SearchConfig.method`` takes: updates first, then baselines."""


def get_method(name: str) -> "type[Method]":
    """Return the class of the method called ``name``.

    Raises:
        InputError: the name is unknown, or the class lacks methods.
    """
    from ..method import Method

    return METHODS.load(name, Method)  # type: ignore[type-abstract]
