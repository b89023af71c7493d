"""Calibration: whole networks correct biased entries, and say how well."""

import random
from pathlib import Path

import numpy as np
import pytest
from support import measurement

from latency import (
    Calibration,
    Device,
    Predictor,
    Protocol,
    Settings,
    Table,
    calibrate,
    load_predictor,
    profile_networks,
)
from latency.estimation.calibration import MINIMUM_NETWORKS
from latency.profiling.network_sampling import calibration_networks, uniform_network, wide_network
from latency.profiling.programs import network_program
from latency.statistics.prediction_errors import ErrorStatistics
from latency.statistics.variance import COVERAGE
from search_spaces import Architecture, InputError, MBConv, Operation, Space, load_space

OVERHEAD = 0.5


def raw_milliseconds(operation: Operation) -> float:
    return operation.macs / 1e6 + 0.2


def true_milliseconds(operation: Operation) -> float:
    """Everything takes a third longer in a network, 5x5 kernels a tenth more than that."""
    wide = isinstance(operation, MBConv) and operation.kernel == 5
    return 1.33 * (1.1 if wide else 1.0) * raw_milliseconds(operation)


def true_network(architecture: Architecture) -> float:
    return OVERHEAD + sum(map(true_milliseconds, architecture.active))


@pytest.fixture(scope="module")
def tiny() -> Space:
    return load_space("tiny")


def made_up(
    path: Path, space: Space, networks: list[Architecture], noise: float = 0.0
) -> tuple[Calibration | None, Predictor]:
    generator = random.Random(1)
    with Table.open(path, create=True) as table:
        device = Device("Phone", 8, "arm64", "Android 14", 2**33)
        info = table.add_profile(device, "litert", "2", Settings(), {})
        table.add_program("overhead", "overhead", [])
        table.add_measurement(info.id, measurement("overhead", ms=OVERHEAD))
        for operation in space.operations():
            table.add_program(operation.key, "operation", [operation])
            table.add_measurement(
                info.id, measurement(operation.key, ms=OVERHEAD + raw_milliseconds(operation))
            )
        for architecture in networks:
            program = network_program(architecture.operations)
            table.add_program(program.key, "network", program.operations)
            ms = true_network(architecture) * (1 + generator.gauss(0, noise))
            table.add_measurement(info.id, measurement(program.key, ms=ms))
        calibration = calibrate(table, info)
    return calibration, load_predictor(path, device="Phone")


def stated_error(predictor: Predictor, coverage: float = COVERAGE) -> float:
    error = predictor.relative_error(coverage)
    assert error is not None
    return error


def errors(predictor: Predictor, space: Space) -> ErrorStatistics:
    generator = random.Random(2)
    networks = [wide_network(space, generator) for _ in range(50)]
    predicted = [predictor.network(one.operations) for one in networks]
    return ErrorStatistics.of(predicted, [true_network(one) for one in networks])


def test_five_networks_find_the_scale_and_twenty_the_kernel(tmp_path: Path, tiny: Space) -> None:
    found = {}
    for count in (5, 20):
        networks = calibration_networks(tiny, count)
        _, predictor = made_up(tmp_path / f"{count}.db", tiny, networks)
        found[count] = errors(predictor, tiny)
    raw = errors(load_predictor(tmp_path / "20.db", device="Phone", raw=True), tiny)
    assert raw.mape > 15
    assert found[5].mape < 2
    assert found[20].mape < 0.3
    assert found[20].spearman is not None
    assert found[20].spearman > 0.999


def test_noise_is_found_and_stated(tmp_path: Path, tiny: Space) -> None:
    networks = calibration_networks(tiny, 20)
    calibration, predictor = made_up(tmp_path / "noisy.db", tiny, networks, noise=0.03)
    assert calibration is not None
    assert 0.015 < calibration.fit_error.variance**0.5 < 0.06
    assert stated_error(predictor, 0.5) < stated_error(predictor, 0.9)
    assert errors(predictor, tiny).mape < 3


def test_a_worse_calibration_never_states_a_narrower_interval(tmp_path: Path, tiny: Space) -> None:
    networks = calibration_networks(tiny, 20)
    stated = [
        stated_error(made_up(tmp_path / f"{noise}.db", tiny, networks, noise)[1])
        for noise in (0.0, 0.005, 0.02, 0.05)
    ]
    assert stated == sorted(stated)


def test_left_out_errors_are_honest(tmp_path: Path, tiny: Space) -> None:
    calibration, predictor = made_up(tmp_path / "t.db", tiny, calibration_networks(tiny, 12), 0.02)
    assert calibration is not None
    assert calibration.held_out.networks == calibration.networks == 12
    measured = errors(predictor, tiny)
    assert calibration.held_out.mape == pytest.approx(measured.mape, abs=3)
    assert calibration.raw is not None
    assert calibration.held_out.mape < calibration.raw.mape


def test_raw_entries_stay(tmp_path: Path, tiny: Space) -> None:
    calibration, predictor = made_up(tmp_path / "t.db", tiny, calibration_networks(tiny, 8))
    raw = load_predictor(tmp_path / "t.db", device="Phone", raw=True)
    assert calibration is not None
    assert raw.calibration is None
    assert raw.relative_error() is None
    for operation in tiny.operations():
        assert raw.entries[operation.key].milliseconds == OVERHEAD + raw_milliseconds(operation)
        assert raw.milliseconds(operation) == pytest.approx(raw_milliseconds(operation))
        assert predictor.milliseconds(operation) == calibration.corrections[operation.key][0]


def test_too_few_networks_calibrate_nothing(tmp_path: Path, tiny: Space) -> None:
    networks = calibration_networks(tiny, MINIMUM_NETWORKS - 1)
    calibration, predictor = made_up(tmp_path / "t.db", tiny, networks)
    assert calibration is None
    assert predictor.relative_error() is None


def test_an_entry_newer_than_the_calibration_is_refused(tmp_path: Path, tiny: Space) -> None:
    made_up(tmp_path / "t.db", tiny, calibration_networks(tiny, 5))
    (new,) = {o.key: o for o in load_space("cifar").operations()[:1]}.values()
    with Table.open(tmp_path / "t.db") as table:
        table.add_program(new.key, "operation", [new])
        table.add_measurement(1, measurement(new.key, ms=1.0))
    predictor = load_predictor(tmp_path / "t.db", device="Phone")
    with pytest.raises(InputError, match=r"calibration .* older than its entry for"):
        predictor.milliseconds(new)


def test_more_networks_begin_with_fewer(tiny: Space) -> None:
    assert calibration_networks(tiny, 9)[:4] == calibration_networks(tiny, 4)


def test_wide_networks_vary_more(tiny: Space) -> None:
    generator = random.Random(0)
    macs = [
        np.array([draw(tiny, generator).macs for _ in range(200)])
        for draw in (uniform_network, wide_network)
    ]
    assert macs[1].std() > 1.3 * macs[0].std()


def test_profile_calibrates_by_itself_and_more_networks_join(
    micro_table: Path, micro: Space, tmp_path: Path
) -> None:
    path = tmp_path / "copy.db"
    path.write_bytes(micro_table.read_bytes())
    before = load_predictor(path).calibration
    assert before is not None
    after = profile_networks(micro, path, networks=7, protocol=Protocol(processes=1, rounds=1))
    assert after.networks > before.networks
    assert load_predictor(path).calibration == after


def test_statistics_by_hand() -> None:
    found = ErrorStatistics.of([1.1, 1.8, 3.0], [1.0, 2.0, 3.0])
    assert found.mape == pytest.approx(20 / 3)
    assert found.bias == pytest.approx(0, abs=1e-9)
    assert found.within_5 == pytest.approx(100 / 3)
    assert found.rmse == pytest.approx((0.05 / 3) ** 0.5)
    assert found.spearman == found.kendall == 1
    assert ErrorStatistics.of([1.0, 1.0], [1.0, 2.0]).spearman is None
