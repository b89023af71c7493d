"""What the groups of an optimiser are set to at a step: learning rates and the like."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.optim import Optimizer

Settings = list[dict[str, Any]]
"""A dictionary for each group, without its parameters."""


def settings_of(optimizer: "Optimizer") -> Settings:
    """Return what an optimiser is set to now."""
    return [
        {key: value for key, value in group.items() if key != "params"}
        for group in optimizer.param_groups
    ]


def apply_settings(optimizer: "Optimizer", settings: Settings) -> None:
    """Set an optimiser to what :func:`settings_of` returned."""
    for group, values in zip(optimizer.param_groups, settings, strict=True):
        group.update(values)
