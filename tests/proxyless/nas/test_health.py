from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_up_run import write_search
from support import run_cli

from latency import choice_mask, mac_costs
from proxyless.cli.search_output import search_warnings
from proxyless.constraints.budget import Budget
from proxyless.constraints.budgets import Budgets
from proxyless.nas.health import convergence_threshold, count_skips, skip_mask, skip_probability
from proxyless.runs.results import SEARCH_RESULT, Skips
from search_spaces import Space, load_space


@pytest.fixture
def half(micro: Space) -> Budgets:
    """Half of the way from the fewest to the most multiply-adds."""
    mask, costs = choice_mask(micro), mac_costs(micro)
    return Budgets([Budget("--max-macs", "", costs, sum(costs.bounds(mask)) / 2, "fill")], mask)


def test_skips_are_the_free_candidates_of_blocks_that_keep_width_and_stride(micro: Space) -> None:
    assert skip_mask(micro).nonzero().tolist() == [[1, 4], [3, 4]]


def test_a_search_converges_a_quarter_of_the_way_from_uniform_to_certain() -> None:
    mask = torch.tensor([[True, True, True, True], [True, True, False, False]])
    uniform = (1 / 4 + 1 / 2) / 2
    assert convergence_threshold(mask) == pytest.approx(0.75 * uniform + 0.25)
    assert convergence_threshold(mask[:1] & mask[1:]) == pytest.approx(0.75 / 2 + 0.25)


def test_probability_of_skips_is_that_of_the_blocks_that_have_one(micro: Space) -> None:
    mask = choice_mask(micro)
    uniform = mask / mask.sum(1, keepdim=True)
    assert skip_probability(uniform, skip_mask(micro)) == pytest.approx(0.2)
    assert skip_probability(uniform, torch.zeros_like(mask)) == 0


def test_more_skips_than_any_random_network_of_the_budget_are_a_collapse(
    micro: Space, half: Budgets
) -> None:
    skips = skip_mask(micro)
    all_skipped = count_skips([0, 4, 0, 4], skips, half, seed=0)
    assert (all_skipped.count, all_skipped.optional, all_skipped.collapsed) == (2, 2, True)
    assert all_skipped.random_least <= all_skipped.random_most < 2
    typical = count_skips([0, 4, 2, 3], skips, half, seed=0)
    assert (typical.count, typical.collapsed) == (1, False)


def test_a_budget_that_forces_skips_is_no_collapse(micro: Space) -> None:
    mask, costs = choice_mask(micro), mac_costs(micro)
    least = Budgets([Budget("--max-macs", "", costs, costs.bounds(mask)[0], "fill")], mask)
    found = count_skips([0, 4, 0, 4], skip_mask(micro), least, seed=0)
    assert (found.random_least, found.random_most, found.collapsed) == (2, 2, False)


def test_a_collapse_is_said(tmp_path: Path) -> None:
    write_search(tmp_path, load_space("tiny"), [0] * 9)
    result = SEARCH_RESULT.read(tmp_path / "result.json")
    skips = Skips(count=3, optional=3, random_least=0, random_most=2, collapsed=True)
    (sentence,) = search_warnings(replace(result, converged=True, skips=skips))
    assert "collapsed to skips: its network skips 3 of 3 optional blocks" in sentence


def test_a_search_counts_its_skips(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, micro_target: float
) -> None:
    outcome = run_cli(
        "search", "--data", images, "--space", micro_file, "--table", micro_table,
        "--out", tmp_path, "--warmup-epochs", 0, "--epochs", 2, "--batch-size", 8,
        "--compute", "cpu", "--max-ms", micro_target,
    )  # fmt: skip
    assert outcome.status == 0, outcome.stderr
    assert "of 2 optional ones" in " ".join(outcome.stdout.split())
