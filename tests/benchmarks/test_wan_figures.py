"""What is worked out of the workers' rows."""

from dataclasses import asdict, replace
from typing import Any

import pytest
import torch

from benchmarks.wan import PERIOD, ways
from benchmarks.wan_figures import Links, figures_of
from benchmarks.wan_reference import averaged_loss
from benchmarks.wan_worker import Model, Way, open_optimizer

VALUES = 8
STEP = 0.01
LINKS = Links(round_trip_ms=80, bandwidth_mbps=1e6)


def row(way: Way, seconds_a_step: float) -> dict[str, Any]:
    return {
        "rank": 0,
        "way": asdict(way),
        "seconds": seconds_a_step * (way.steps - way.untimed),
        "bytes": 1,
        "loss": 1.0,
    }


def rows(torchft: bool) -> list[dict[str, Any]]:
    """Return rows of workers for whom everything took as long as the model of the plan says."""
    exact = {"ring": STEP + 6 * 0.08, "local": STEP + 6 * 0.08 / PERIOD, "torchft": 2 * STEP}
    seconds = {
        way.name: exact.get(way.kind, STEP + 0.08 if "direct" in way.name else STEP)
        for way in ways(False, torchft)
    }
    short = [replace(w, steps=16, untimed=8) for w in ways(False, torchft)]
    return [row(way, STEP if way.kind == "apart" else seconds[way.name]) for way in short]


@pytest.mark.parametrize("torchft", [False, True])
def test_a_run_as_planned_is_no_error(torchft: bool) -> None:
    figures = figures_of(rows(torchft), 4, VALUES, LINKS)
    assert figures["plan_error_percent"] < 0.01
    assert figures["delayed_scalability"] == pytest.approx(1)
    assert figures["sync_scalability"] == pytest.approx(STEP / (STEP + 0.48))
    assert ("torchft_scalability" in figures) == torchft
    if torchft:
        assert figures["delayed_vs_torchft"] == pytest.approx(2)


def test_a_step_slower_than_planned_is_an_error_of_as_much() -> None:
    slower = [
        {**one, "seconds": 1.25 * one["seconds"]} if one["way"]["name"] == "delayed" else one
        for one in rows(False)
    ]
    figures = figures_of(slower, 4, VALUES, LINKS)
    assert figures["plan_error_percent_delayed"] == pytest.approx(25, abs=0.01)
    assert figures["plan_error_percent_local"] == pytest.approx(0, abs=0.01)


def test_averaging_weights_at_every_step_is_synchronous_sgd() -> None:
    model = Model(VALUES)
    optimizer = open_optimizer(model)
    generators = [torch.Generator().manual_seed(rank) for rank in range(3)]
    for _ in range(20):
        optimizer.zero_grad()
        losses = [model.loss(torch.randn(VALUES, generator=one)) for one in generators]
        torch.stack(losses).mean().backward()
        optimizer.step()
    expected = model.loss(torch.zeros(VALUES)).item()
    assert averaged_loss(3, VALUES, 20, 1) == pytest.approx(expected, rel=1e-5)
