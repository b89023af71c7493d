"""What a configuration's limits mean for a space: fewer candidates, and budgets over the rest."""

from latency import AdditiveCosts, byte_costs, choice_mask, mac_costs, parameter_costs
from search_spaces import InputError, Operation, Space
from search_spaces.resources import peak_activation_bytes

from ..config import DeviceConfig, SearchConfig
from .budget import Aim, Budget
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
    wanted: list[tuple[str, str, float | None, AdditiveCosts, Aim]] = [
        ("--target-ms", "ms", device.target_ms, latency, "hold"),
        ("--max-ms", "ms", device.max_ms, latency, "fill"),
        ("--max-params", "parameters", config.max_params, parameter_costs(space), "cap"),
        ("--max-macs", "multiply-adds", config.max_macs, mac_costs(space), "cap"),
        ("--max-bytes", "bytes", config.max_bytes, byte_costs(space), "cap"),
    ]
    mask = choice_mask(space)
    budgets = [
        Budget(option, unit, costs, limit, aim)
        for option, unit, limit, costs, aim in wanted
        if limit is not None
    ]
    for budget in budgets:
        if budget.aim != "cap":
            budget.loss = get_latency_loss(config.latency_loss, latency, mask, budget.limit)
    return Budgets(budgets, mask)
