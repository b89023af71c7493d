"""Costs as tensors agree with networks counted one by one."""

import itertools
from collections.abc import Callable

import pytest
import torch

from latency import byte_costs, mac_costs, parameter_costs, peak_memory_costs
from latency.prediction.costs import AdditiveCosts, PeakCosts, choice_mask
from search_spaces import Architecture, Space
from search_spaces.resources import network_peak_activation_bytes, weight_bytes

CostsOf = Callable[[Space], AdditiveCosts | PeakCosts]
COUNTS: dict[CostsOf, Callable[[Architecture], float]] = {
    parameter_costs: lambda network: network.parameters,
    mac_costs: lambda network: network.macs,
    byte_costs: lambda network: sum(map(weight_bytes, network.operations)),
    peak_memory_costs: lambda network: network_peak_activation_bytes(network.operations),
}


@pytest.mark.parametrize("costs_of", COUNTS)
def test_every_network_and_the_bounds(costs_of: CostsOf, micro: Space) -> None:
    costs = costs_of(micro)
    choices = list(itertools.product(*(range(len(block.candidates)) for block in micro.blocks)))
    counted = [COUNTS[costs_of](Architecture.choose(micro, one)) for one in choices]
    assert costs.of(torch.tensor(choices)).tolist() == counted
    assert costs.bounds(choice_mask(micro)) == (min(counted), max(counted))
