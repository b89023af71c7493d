import random
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy.stats import spearmanr

from latency import Description, FittedTable, choose_networks, count_uses, describe, fit_table
from search_spaces import Architecture, InputError, Zero, load_space

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """The operations of the imagenet space, and 300 of its networks."""

    operations: Description
    uses: Array


@dataclass(frozen=True)
class Device:
    """A made-up one: additive, each operation off its features' prices by its own factor."""

    intercept: float
    table: Array
    noise: float

    def measure(self, uses: Array, seed: int = 0) -> Array:
        errors = np.random.default_rng(seed).normal(0, self.noise, len(uses))
        return (self.intercept + uses @ self.table) * (1 + errors)


@pytest.fixture(scope="module")
def space() -> Space:
    definition = load_space("imagenet")
    operations = definition.operations()
    generator = random.Random(0)
    networks = [Architecture.random(definition, generator).operations for _ in range(300)]
    keys = [[operation.key for operation in network if not operation.free] for network in networks]
    uses = count_uses(keys, [operation.key for operation in operations])
    return Space(describe(operations), uses)


def device(space: Space, seed: int = 0, noise: float = 0.01, deviation: float = 0.2) -> Device:
    generator = np.random.default_rng(seed)
    costs = space.operations.costs
    prices = generator.dirichlet(np.full(costs.shape[1], 0.5))
    expected = costs / (space.uses @ costs).mean(0) @ prices
    table = 50 * expected * np.exp(generator.normal(0, deviation, len(expected)))
    return Device(5.0, table, noise)


def fit(space: Space, milliseconds: Array, start: int = 0) -> FittedTable:
    measured = slice(start, start + len(milliseconds))
    operations = space.operations
    return fit_table(operations.costs, space.uses[measured], milliseconds, operations.coordinates)


def test_a_table_is_recovered_from_many_networks(space: Space) -> None:
    phone = device(space, noise=1e-4)
    table = fit(space, phone.measure(space.uses[:200]))
    predicted, _ = table.predict(space.uses[200:])
    assert np.allclose(predicted, phone.measure(space.uses[200:]), rtol=0.01)
    chosen = space.uses.std(0) > 0  # the fixed parts cannot be told from the intercept
    errors = np.abs(table.milliseconds - phone.table)[chosen]
    assert np.mean(errors) < 0.1 * phone.table[chosen].mean()


@pytest.mark.parametrize("seed", range(4))
def test_ten_networks_rank_the_others(space: Space, seed: int) -> None:
    phone = device(space, seed)
    predicted, _ = fit(space, phone.measure(space.uses[:10])).predict(space.uses[10:])
    truth = phone.measure(space.uses[10:])
    assert spearmanr(predicted, truth).statistic > 0.85
    assert np.mean(np.abs(predicted / truth - 1)) < 0.05


def test_the_table_is_additive(space: Space) -> None:
    table = fit(space, device(space).measure(space.uses[:20]))
    predicted, _ = table.predict(space.uses)
    assert np.allclose(predicted, table.intercept + space.uses @ table.milliseconds)
    assert table.milliseconds.shape == table.sd.shape == (space.uses.shape[1],)


def test_intervals_hold_what_they_say(space: Space) -> None:
    inside = []
    for seed in range(20):
        phone = device(space, seed)
        predicted, sd = fit(space, phone.measure(space.uses[:15])).predict(space.uses[15:])
        inside.append(np.abs(phone.measure(space.uses[15:]) - predicted) < 1.645 * sd)
    assert 0.8 < np.mean(inside) < 0.97


def test_leaving_one_out_foretells_the_error(space: Space) -> None:
    for noise in (0.005, 0.1):
        phone = device(space, noise=noise)
        table = fit(space, phone.measure(space.uses[:60]))
        predicted, _ = table.predict(space.uses[60:])
        error = np.mean(np.abs(predicted / phone.measure(space.uses[60:]) - 1))
        assert table.leave_one_out.error == pytest.approx(error, rel=0.5)
        assert table.leave_one_out.coverage > 0.75


def test_more_networks_say_more(space: Space) -> None:
    phone = device(space)
    few, many = (fit(space, phone.measure(space.uses[:count])) for count in (10, 100))
    assert many.sd.sum() < few.sd.sum()
    assert many.predict(space.uses)[1].sum() < few.predict(space.uses)[1].sum()


def test_a_noisy_device_is_seen_to_be_noisy(space: Space) -> None:
    quiet, noisy = (
        fit(space, device(space, noise=noise).measure(space.uses[:50])) for noise in (0.005, 0.15)
    )
    assert quiet.posterior.noise_sd < 0.03
    assert noisy.posterior.noise_sd > 0.06


@given(st.floats(1e-3, 1e3), st.floats(1e-6, 1e6))
def test_units_do_not_matter(space: Space, time: float, cost: float) -> None:
    measured = device(space).measure(space.uses[:10])
    operations = space.operations
    table = fit(space, measured)
    scaled = replace(space, operations=replace(operations, costs=cost * operations.costs))
    other = fit(scaled, time * measured)
    assert np.allclose(other.milliseconds, time * table.milliseconds, rtol=1e-4)
    assert np.allclose(other.sd, time * table.sd, rtol=1e-4)
    assert other.leave_one_out.error == pytest.approx(table.leave_one_out.error, rel=1e-4)


def test_the_order_of_networks_does_not_matter(space: Space) -> None:
    measured = device(space).measure(space.uses[:12])
    table = fit(space, measured)
    operations = space.operations
    order = np.random.default_rng(0).permutation(12)
    other = fit_table(operations.costs, space.uses[order], measured[order], operations.coordinates)
    assert np.allclose(other.milliseconds, table.milliseconds)


def test_operations_that_do_nothing_take_no_time(space: Space) -> None:
    described = describe([Zero(24, 56)])
    operations = space.operations
    table = fit_table(
        np.vstack([operations.costs, np.zeros(operations.costs.shape[1])]),
        np.column_stack([space.uses[:10], np.arange(10)]),
        device(space).measure(space.uses[:10]),
        np.vstack([operations.coordinates, described.coordinates]),
    )
    assert table.milliseconds[-1] == 0
    assert table.sd[-1] == 0


def test_a_feature_without_a_price_is_dropped(space: Space) -> None:
    operations = space.operations
    junk = np.random.default_rng(0).random(len(operations.costs)) ** 20
    phone = device(space, noise=1e-3, deviation=0.0)
    predicted = [
        fit_table(costs, space.uses[:15], phone.measure(space.uses[:15])).predict(space.uses)[0]
        for costs in (operations.costs, np.column_stack([operations.costs, junk]))
    ]
    truth = phone.measure(space.uses)
    plain, spoilt = (np.mean(np.abs(values / truth - 1)) for values in predicted)
    assert spoilt < plain + 0.01


def test_alike_operations_are_off_alike(space: Space) -> None:
    operations = space.operations
    resolution = operations.coordinates[:, 2]
    phone = device(space, noise=1e-3, deviation=0.0)
    phone = replace(phone, table=phone.table * np.where(resolution == resolution.max(), 1, 1.5))
    phone = replace(phone, table=phone.table * np.where(resolution <= 4, 1.5, 1))
    measured, truth = phone.measure(space.uses[:20]), phone.measure(space.uses)
    blind = fit_table(operations.costs, space.uses[:20], measured)
    seeing = fit(space, measured)
    errors = [np.abs(table.predict(space.uses)[0] - truth).mean() for table in (blind, seeing)]
    assert errors[1] < errors[0]


def wrong(space: Space, name: str, where: tuple[int, ...], value: float) -> dict[str, Array]:
    arguments = {
        "features": space.operations.costs.copy(),
        "uses": space.uses[:10].copy(),
        "milliseconds": np.ones(10),
        "coordinates": space.operations.coordinates.copy(),
    }
    arguments[name][where] = value
    return arguments


@pytest.mark.parametrize(
    ("name", "where", "value", "words"),
    [
        ("features", (2, 1), -1.0, r"features\[2, 1\] is negative: correct it"),
        ("features", (0, 0), np.nan, r"features\[0, 0\] is not a finite number"),
        ("uses", (3, 0), -1.0, r"uses\[3, 0\] is negative"),
        ("coordinates", (1, 2), np.inf, r"coordinates\[1, 2\] is not a finite number"),
        ("milliseconds", (4,), 0.0, r"network 4 took 0.0 ms: measure it again or leave it out"),
        ("milliseconds", (5,), np.nan, r"network 5 took nan ms"),
    ],
)
def test_values_that_cannot_be(
    space: Space, name: str, where: tuple[int, ...], value: float, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        fit_table(**wrong(space, name, where, value))


def test_shapes_that_do_not_fit(space: Space) -> None:
    costs, uses, measured = space.operations.costs, space.uses[:10], np.ones(10)
    with pytest.raises(InputError, match=r"features has shape \(7,\): pass a matrix"):
        fit_table(costs[0, :1].repeat(7), uses, measured)
    with pytest.raises(InputError, match="features describes 3 operations, but uses has columns"):
        fit_table(costs[:3], uses, measured)
    with pytest.raises(InputError, match="coordinates describes 2 operations"):
        fit_table(costs, uses, measured, np.ones((2, 2)))
    with pytest.raises(InputError, match=r"milliseconds has shape \(9,\), but uses has 10"):
        fit_table(costs, uses, measured[:9])
    with pytest.raises(InputError, match="2 networks cannot fit a table: measure at least 3"):
        fit_table(costs, uses[:2], measured[:2])


def choose(space: Space, count: int) -> NDArray[np.intp]:
    operations = space.operations
    return choose_networks(operations.costs, space.uses, count, operations.coordinates)


def test_chosen_networks_are_all_different(space: Space) -> None:
    chosen = choose(space, 100)
    assert len(set(chosen.tolist())) == 100
    assert np.array_equal(choose(space, 10), chosen[:10])


def test_a_repeated_network_is_chosen_last(space: Space) -> None:
    twins = replace(space, uses=space.uses[[0, 1, 2, 3, 0]])
    assert set(choose(twins, 4) % 4) == {0, 1, 2, 3}


def test_chosen_networks_say_more_than_random_ones(space: Space) -> None:
    errors: dict[str, list[float]] = {"chosen": [], "random": []}
    for seed in range(8):
        phone = device(space, seed)
        order = np.random.default_rng(seed).permutation(len(space.uses))[:10]
        for name, measured in (("chosen", choose(space, 10)), ("random", order)):
            operations = space.operations
            table = fit_table(
                operations.costs,
                space.uses[measured],
                phone.measure(space.uses[measured]),
                operations.coordinates,
            )
            truth = phone.measure(space.uses)
            errors[name].append(float(np.mean(np.abs(table.predict(space.uses)[0] / truth - 1))))
    assert np.mean(errors["chosen"]) < np.mean(errors["random"])


@pytest.mark.parametrize("count", [0, 301])
def test_more_networks_than_there_are(space: Space, count: int) -> None:
    with pytest.raises(InputError, match=f"{count} of 300 networks cannot be chosen: offer more"):
        choose(space, count)
