import math

import pytest
import torch
from hypothesis import given, strategies as st

from proxyless.nas.architecture_parameters import ArchitectureParameters
from search_spaces import Space

WIDTHS = st.lists(st.integers(1, 7), min_size=1, max_size=6)


def parameters_of(widths: list[int], seed: int = 0, scale: float = 2.0) -> ArchitectureParameters:
    generator = torch.Generator().manual_seed(seed)
    parameters = ArchitectureParameters(widths, generator)
    with torch.no_grad():
        parameters.values.normal_(0, scale, generator=generator)
    return parameters


@given(WIDTHS, st.integers(0, 2**31))
def test_probabilities_are_a_softmax_over_what_exists(widths: list[int], seed: int) -> None:
    parameters = parameters_of(widths, seed)
    p = parameters.probabilities()
    assert p.shape == (len(widths), max(widths))
    for row, values, width in zip(p, parameters.values.detach(), widths, strict=True):
        torch.testing.assert_close(row[:width], values[:width].softmax(0))
        assert not row[width:].any()
    torch.testing.assert_close(parameters.log_probabilities().exp(), p)


@given(WIDTHS, st.integers(0, 2**31))
def test_samples_are_candidates_that_exist(widths: list[int], seed: int) -> None:
    parameters, generator = parameters_of(widths, seed), torch.Generator().manual_seed(seed)
    limits = torch.tensor(widths)
    for paths in (parameters.sample(generator, 5), parameters.sample_uniform(generator)):
        assert paths.shape[1] == len(widths)
        assert ((paths >= 0) & (paths < limits)).all()


@given(WIDTHS, st.integers(0, 2**31))
def test_pairs_are_two_candidates_that_exist(widths: list[int], seed: int) -> None:
    """A block of one candidate has no second; it may be given twice, but nothing else."""
    parameters, generator = parameters_of(widths, seed), torch.Generator().manual_seed(seed)
    pairs = parameters.sample_pairs(generator)
    assert (pairs < torch.tensor(widths)[:, None]).all()
    several = torch.tensor(widths) > 1
    assert (pairs[several, 0] != pairs[several, 1]).all()


def test_samples_follow_the_probabilities() -> None:
    parameters = parameters_of([3, 5, 4], scale=1.0)
    drawn = parameters.sample(torch.Generator().manual_seed(0), 20_000)
    for block, p in enumerate(parameters.probabilities()):
        shares = torch.bincount(drawn[:, block], minlength=5) / len(drawn)
        torch.testing.assert_close(shares, p, atol=0.015, rtol=0)


def test_uniform_samples_are_uniform() -> None:
    parameters, generator = parameters_of([2, 5], scale=9.0), torch.Generator().manual_seed(0)
    drawn = torch.cat([parameters.sample_uniform(generator) for _ in range(5000)])
    for block, width in enumerate((2, 5)):
        shares = torch.bincount(drawn[:, block], minlength=5)[:width] / len(drawn)
        torch.testing.assert_close(shares, torch.full((width,), 1 / width), atol=0.03, rtol=0)


def test_first_of_a_pair_follows_the_probabilities() -> None:
    parameters, generator = parameters_of([4], scale=1.0), torch.Generator().manual_seed(0)
    first = torch.cat([parameters.sample_pairs(generator)[:, 0] for _ in range(8000)])
    shares = torch.bincount(first, minlength=4) / len(first)
    torch.testing.assert_close(shares, parameters.probabilities()[0], atol=0.025, rtol=0)


def test_start_is_near_uniform_and_repeatable(micro: Space) -> None:
    one, other = (
        ArchitectureParameters.for_space(micro, torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert torch.equal(one.values, other.values)
    assert one.mask.sum(1).tolist() == [4, 5, 4, 5]
    assert 0 < one.values.abs().max() < 0.01
    assert float(one.entropy().min()) > 0.999


def test_entropy_is_relative_to_the_uniform_choice() -> None:
    parameters = parameters_of([4, 2, 3])
    with torch.no_grad():
        parameters.values[0] = 0
        parameters.values[1] = torch.tensor([100.0, 0, 0, 0])
        parameters.values[2] = torch.tensor([0.7, 0.2, 0.1, 99]).log()
    p = (0.7, 0.2, 0.1)
    mixed = -sum(share * math.log(share) for share in p) / math.log(3)
    assert parameters.entropy().tolist() == pytest.approx([1, 0, mixed], abs=1e-6)


@given(WIDTHS, st.integers(0, 2**31))
def test_entropy_is_between_0_and_1(widths: list[int], seed: int) -> None:
    entropy = parameters_of(widths, seed, 30.0).entropy()
    assert ((entropy >= 0) & (entropy <= 1 + 1e-6)).all()
