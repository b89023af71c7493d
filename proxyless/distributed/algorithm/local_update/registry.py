"""The local updates by name."""

from typing import TYPE_CHECKING

from ...registry import Registry
from .base import LocalUpdate

if TYPE_CHECKING:
    from .options import LocalUpdateOptions

LOCAL_UPDATES = Registry(
    "local update",
    "proxyless.local_updates",
    {
        "replay": f"{__package__}.replay:Replay",
        "quasi-hyperbolic": f"{__package__}.quasi_hyperbolic:QuasiHyperbolic",
    },
)
"""The built-in ones, and those of installed packages."""


def get_local_update(name: str, options: "LocalUpdateOptions") -> LocalUpdate:
    """Return the local update called ``name``.

    Raises:
        DistributedError: there is no such local update, or it is none for the optimiser.
    """
    local_update = LOCAL_UPDATES.load(name, LocalUpdate)  # type: ignore[type-abstract]
    return local_update.from_options(options)
