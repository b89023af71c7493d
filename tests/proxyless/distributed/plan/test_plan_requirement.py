from dataclasses import replace

import pytest
from drawn_conditions import codecs, conditions, schedules
from hypothesis import assume, given, strategies as st

from proxyless.distributed.errors import DistributedError
from proxyless.distributed.plan import (
    DENSE,
    SYNCHRONOUS,
    Codec,
    Conditions,
    Schedule,
    forecast,
    required_bandwidth,
    required_one_way,
)

RESNET_50 = Conditions(
    step_seconds=0.3,
    one_way_seconds=0.0,
    bits_per_second=float("inf"),
    workers=2,
    gradient_bytes=24.37e6,
    transport="ring",
    overlap_seconds=0.3,
)
TENSORS = 161


def test_published_bandwidth() -> None:
    found = required_bandwidth(RESNET_50, SYNCHRONOUS, DENSE, 1)
    assert found == pytest.approx(650e6, rel=0.001)


def test_published_latency() -> None:
    in_parts = replace(RESNET_50, messages=TENSORS)
    assert required_one_way(in_parts, SYNCHRONOUS, DENSE, 1) == pytest.approx(1e-3, rel=0.1)
    assert required_one_way(RESNET_50, SYNCHRONOUS, DENSE, 1) == pytest.approx(0.15)


shares = st.floats(0.05, 1)


@given(conditions(), schedules, codecs, shares)
def test_required_bandwidth_is_just_enough(
    given_: Conditions, schedule: Schedule, codec: Codec, wanted: float
) -> None:
    found = required_bandwidth(given_, schedule, codec, wanted)
    if found is None:
        endless = replace(given_, bits_per_second=float("inf"))
        assert forecast(endless, schedule, codec).scalability <= wanted * (1 + 1e-9)
        return
    enough = replace(given_, bits_per_second=found)
    assert forecast(enough, schedule, codec).scalability == pytest.approx(wanted, rel=1e-6)


@given(conditions(), schedules, codecs, shares)
def test_required_latency_is_just_enough(
    given_: Conditions, schedule: Schedule, codec: Codec, wanted: float
) -> None:
    found = required_one_way(given_, schedule, codec, wanted)
    if found is None:
        near = replace(given_, one_way_seconds=0.0)
        assert forecast(near, schedule, codec).scalability < wanted * (1 + 1e-9)
        return
    enough = replace(given_, one_way_seconds=found)
    assert forecast(enough, schedule, codec).scalability >= wanted * (1 - 1e-9)
    assume(found > 1e-6)
    further = replace(given_, one_way_seconds=1.01 * found)
    assert forecast(further, schedule, codec).scalability < wanted


@pytest.mark.parametrize("wanted", [0, 1.01, float("nan")])
def test_scalability_must_be_a_share(wanted: float) -> None:
    with pytest.raises(DistributedError, match="`scalability`"):
        required_bandwidth(RESNET_50, SYNCHRONOUS, DENSE, wanted)
