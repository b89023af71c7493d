import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from random_costs import MASK, budget_of, costs_of, parameters_of
from support import run_cli

from proxyless.constraints.budgets import Budgets
from proxyless.nas.pareto import pareto_set
from search_spaces import Architecture

LATENCY, SIZE = costs_of(1), costs_of(2)
LOG_P = parameters_of(4).log_probabilities()


def choose(budgets: Budgets) -> list[int]:
    return budgets.derive(LOG_P)


def accuracy(paths: Sequence[Sequence[int]]) -> list[float]:
    """The more of it, the better; with one exception."""
    found = [float(LATENCY.of(torch.tensor(path))) / 10 for path in paths]
    return [0.0 if number == 2 else share for number, share in enumerate(found)]


def test_networks_go_from_the_fastest_to_the_slowest() -> None:
    points = pareto_set(LATENCY, Budgets([], MASK), choose, accuracy, 6)
    times = [point.predicted_ms for point in points]
    low, high = LATENCY.bounds(MASK)
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (low, high)
    assert [point.dominated for point in points] == [number == 2 for number in range(len(points))]
    for point in points:
        assert float(LATENCY.of(torch.tensor(point.choices))) == point.predicted_ms


def test_other_budgets_are_kept_by_all() -> None:
    budget = budget_of(SIZE, 0.3, "cap", "--max-params")
    points = pareto_set(LATENCY, Budgets([budget], MASK), choose, accuracy, 6)
    assert len(points) > 1
    for point in points:
        assert float(SIZE.of(torch.tensor(point.choices))) <= budget.limit


@pytest.mark.slow
def test_a_search_leaves_them_as_runs(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, micro_target: float
) -> None:
    run = tmp_path / "run"
    outcome = run_cli(
        "search", "--data", images, "--space", micro_file, "--table", micro_table, "--out", run,
        "--warmup-epochs", 1, "--epochs", 2, "--interval", 1, "--batch-size", 8,
        "--compute", "cpu", "--max-ms", micro_target, "--pareto", 4,
    )  # fmt: skip
    assert outcome.status == 0, outcome.stderr
    assert "From fast to slow" in outcome.stdout
    points = json.loads((run / "search" / "result.json").read_text())["pareto"]
    assert 2 <= len(points) <= 4
    for number, point in enumerate(points, 1):
        architecture = Architecture.load(run / "pareto" / f"{number}" / "architecture.json")
        assert architecture.name == f"run-{number}"
        assert 0 <= point["supernet_accuracy"] <= 1
        its = json.loads((run / "pareto" / f"{number}" / "search" / "result.json").read_text())
        assert its["architecture"] == list(architecture.labels)
        assert its["predicted_ms"] == point["predicted_ms"] <= point["limit_ms"]
        assert (its["target_ms"], its["pareto"]) == (None, [])
        assert run_cli("report", run / "pareto" / f"{number}").status == 0
    assert run_cli("report", run).status == 0
    assert "from fast to slow" in (run / "report.html").read_text()
