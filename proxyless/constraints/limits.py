"""What a configuration's limits mean for a space: fewer candidates, and budgets over the rest."""

from latency import AdditiveCosts, byte_costs, choice_mask, mac_costs, parameter_costs
from search_spaces import InputError, Operation, Space
from search_spaces.resources import peak_activation_bytes

from ..config import DeviceConfig, SearchConfig
from ..runs.results import Aim
from .budget import Budget
from .budgets import Budgets
from .latency_loss import get_latency_loss


def within_peak_memory(space: Space, limit: float | None) -> Space:
    """Return the space without the candidates whose activations need more bytes.

    The dearest operation alone decides about a network, so this is exact: every network of the
    result keeps the limit, and no other network does.

    Raises:
        InputError: a fixed part, or every candidate of some block, needs more.
    """
    if limit is None:
        return space

    def keeps(operation: Operation) -> bool:
        return peak_activation_bytes(operation) <= limit

    least = max(
        *(peak_activation_bytes(operation) for operation in space.fixed),
        *(min(map(peak_activation_bytes, block.candidates)) for block in space.blocks),
    )
    if least > limit:
        raise InputError(
            f"`max_peak_memory` {limit:g} is below what the space can reach: its networks need at "
            f"least {least:,} bytes"
        )
    return space.keeping(keeps)


def budgets_of(
    config: SearchConfig, device: DeviceConfig, space: Space, latency: AdditiveCosts
) -> Budgets:
    """Return the budgets on one device; a space's peak memory is dealt with before.

    Raises:
        InputError: no network of the space keeps them all.
    """
    limits: list[tuple[str, str, float | None, AdditiveCosts, Aim]] = [
        ("target_ms", "ms", device.target_ms, latency, "match"),
        ("max_ms", "ms", device.max_ms, latency, "maximise"),
        ("max_params", "parameters", config.max_params, parameter_costs(space), "at most"),
        ("max_macs", "multiply-adds", config.max_macs, mac_costs(space), "at most"),
        ("max_bytes", "bytes", config.max_bytes, byte_costs(space), "at most"),
    ]
    mask = choice_mask(space)
    budgets = [
        Budget(name, unit, costs, limit, aim)
        for name, unit, limit, costs, aim in limits
        if limit is not None
    ]
    for budget in budgets:
        if budget.aim != "at most":
            budget.loss = get_latency_loss(config.latency_loss, latency, mask, budget.limit)
    return Budgets(budgets, mask)
