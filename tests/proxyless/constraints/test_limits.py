"""Budgets in a whole search: what is derived keeps them, what cannot be kept is refused."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from support import run_cli

from latency import choice_mask, load_predictor
from proxyless import DeviceConfig, SearchConfig, TaskConfig
from proxyless.constraints.limits import budgets_of, within_peak_memory
from search_spaces import Architecture, InputError, Space
from search_spaces.resources import network_peak_activation_bytes


def every_network(space: Space) -> list[Architecture]:
    choices = itertools.product(*(range(len(block.candidates)) for block in space.blocks))
    return [Architecture.choose(space, choice) for choice in choices]


def peak(network: Architecture) -> int:
    return network_peak_activation_bytes(network.operations)


def test_peak_memory_leaves_exactly_the_networks_that_keep_it(micro: Space) -> None:
    networks = every_network(micro)
    peaks = sorted({peak(network) for network in networks})
    assert len(peaks) > 1
    for limit in (*peaks, peaks[0] + 1):
        kept = {network.operations for network in every_network(within_peak_memory(micro, limit))}
        assert kept == {network.operations for network in networks if peak(network) <= limit}
    assert within_peak_memory(micro, None) is micro


def test_a_peak_memory_out_of_reach_names_what_can_be_reached(micro: Space) -> None:
    least = min(map(peak, every_network(micro)))
    with pytest.raises(InputError, match=rf"`max_peak_memory` .* at least {least:,} bytes"):
        within_peak_memory(micro, least - 1)


def test_budgets_count_as_networks_do(micro: Space, micro_table: Path) -> None:
    device = DeviceConfig("", max_ms=1e3)
    config = SearchConfig(TaskConfig("digits", "tiny"), (device,), max_params=1e6, max_macs=1e9)
    costs = load_predictor(micro_table).costs(micro)
    time, size, macs = budgets_of(config, device, micro, costs).budgets
    assert (time.costs, time.aim) == (costs, "fill")
    networks = every_network(micro)
    mask = choice_mask(micro)
    assert size.costs.bounds(mask) == (
        min(one.parameters for one in networks), max(one.parameters for one in networks)
    )  # fmt: skip
    assert macs.costs.bounds(mask) == (
        min(one.macs for one in networks), max(one.macs for one in networks)
    )  # fmt: skip


def search(run: Path, images: Path, space: Path, table: Path, *budgets: object) -> dict[str, Any]:
    outcome = run_cli(
        "search", "--data", images, "--space", space, "--table", table, "--out", run,
        "--warmup-epochs", 1, "--epochs", 2, "--interval", 1, "--batch-size", 8,
        "--compute", "cpu", "--json", *budgets,
    )  # fmt: skip
    assert outcome.status == 0, outcome.stderr
    return dict(json.loads(outcome.stdout))


def test_every_budget_at_once(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, micro_target: float
) -> None:
    budgets = {
        "--max-ms": micro_target, "--max-params": "2.5k", "--max-macs": 60e3,
        "--max-bytes": "9 KiB", "--max-peak-memory": "6KB",
    }  # fmt: skip
    run = tmp_path / "run"
    options = itertools.chain.from_iterable(budgets.items())
    found = search(run, images, micro_file, micro_table, *options)
    network = Architecture.load(run / "architecture.json")
    assert network.parameters <= 2500
    assert network.macs <= 60e3
    assert peak(network) == found["peak_memory"] <= 6000
    assert found["predicted_ms"] <= micro_target
    assert [one["option"] for one in found["budgets"]] == list(budgets)[:4]
    assert all(one["derived"] <= one["limit"] for one in found["budgets"])
    assert run_cli("report", run).status == 0


def test_a_search_without_a_time(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path
) -> None:
    run = tmp_path / "run"
    found = search(run, images, micro_file, micro_table, "--max-params", 2000)
    assert found["target_ms"] is None
    assert Architecture.load(run / "architecture.json").parameters <= 2000
    assert run_cli("report", run).status == 0
    page = (run / "report.html").read_text()
    assert "No time was asked for, but at most 2 k parameters." in page
    assert "the target was" not in page
    assert ">target</text>" not in page


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "a search needs a budget: give one of --target-ms"),
        (("--target-ms", 1, "--max-ms", 1), "give one of them"),
        (("--max-params", 100), "--max-params 100 is below what the space can reach"),
        (("--max-params", "many"), "'many' is no quantity: give 250000, 250k or 250KB"),
        (("--max-bytes", -1), "--max-bytes -1 is not above 0"),
        (("--max-peak-memory", "1kB"), "--max-peak-memory 1000 is below what the space can reach"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_training(
    tmp_path: Path,
    images: Path,
    micro_file: Path,
    micro_table: Path,
    options: tuple[object, ...],
    words: str,
) -> None:
    run = tmp_path / "run"
    given = ("--data", images, "--space", micro_file, "--table", micro_table, "--out", run)
    outcome = run_cli("search", *given, *options)
    assert outcome.status == 2
    assert words in outcome.stderr
    assert not run.exists()
