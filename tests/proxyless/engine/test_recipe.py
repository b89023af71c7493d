import math
from typing import Any

import pytest
import torch
from torch import nn

from proxyless.config import Recipe
from proxyless.engine.metrics import Meter, accuracy, evaluate
from proxyless.engine.random_streams import Streams
from proxyless.engine.schedule import cosine, set_learning_rate


def test_cosine_goes_from_the_peak_to_zero() -> None:
    rates = [cosine(0.05, step, 100) for step in range(101)]
    assert (rates[0], rates[50], rates[100]) == pytest.approx((0.05, 0.025, 0))
    assert rates == sorted(rates, reverse=True)


def test_optimizer_has_the_published_constants() -> None:
    (group,) = Recipe().optimizer([nn.Parameter(torch.zeros(1))]).param_groups
    assert (group["momentum"], group["nesterov"], group["weight_decay"]) == (0.9, True, 4e-5)
    assert Recipe().loss().label_smoothing == 0.1


def test_learning_rate_is_set_in_every_group() -> None:
    one, other = (nn.Parameter(torch.zeros(1)) for _ in range(2))
    groups: list[dict[str, Any]] = [{"params": [one]}, {"params": [other], "lr": 7.0}]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    set_learning_rate(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]


def test_streams_do_not_disturb_each_other() -> None:
    one, other = (Streams(3, ("paths", "order")) for _ in range(2))
    torch.rand(9, generator=one["paths"])
    draws = [torch.rand(4, generator=streams["order"]) for streams in (one, other)]
    assert torch.equal(*draws)
    assert not torch.equal(torch.rand(4, generator=Streams(4, ("a", "order"))["order"]), draws[0])


def test_streams_are_restored() -> None:
    one, other = Streams(3, ("paths", "order")), Streams(5, ("paths", "order"))
    torch.rand(9, generator=one["paths"])
    other.load_state_dict(one.state_dict())
    for purpose in ("paths", "order"):
        draws = [torch.rand(4, generator=streams[purpose]) for streams in (one, other)]
        assert torch.equal(*draws)


def test_meter_weighs_batches_by_their_images() -> None:
    meter = Meter()
    meter.add(1.0, 0.5, 30)
    meter.add(4.0, 1.0, 10)
    assert meter.means() == pytest.approx((1.75, 0.625))


def test_meter_of_nothing_is_not_a_number() -> None:
    assert all(map(math.isnan, Meter().means()))


def test_accuracy_is_the_share_of_largest_logits() -> None:
    logits = torch.tensor([[3.0, 1], [0, 2], [5, 4], [0, 1]])
    assert accuracy(logits, torch.tensor([0, 1, 1, 1])) == 0.75


def test_evaluation_uses_running_statistics_and_every_image() -> None:
    network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 3))
    images, labels = torch.randn(7, 1, 2, 2), torch.arange(7) % 3
    loss, share = evaluate(network, zip(images.split(3), labels.split(3), strict=True))
    assert not network.training
    with torch.no_grad():
        logits = network(images)
    assert loss == pytest.approx(float(nn.functional.cross_entropy(logits, labels)), rel=1e-5)
    assert share == pytest.approx(accuracy(logits, labels))
