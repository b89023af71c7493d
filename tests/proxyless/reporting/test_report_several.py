"""Several runs on one page: how they compare, what takes how long where, figures as files."""

import json
import random
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from html_page import Page
from made_up_run import benchmark_row, edit, write_json, write_run
from PIL import Image
from support import run_cli

from latency import Device
from proxyless.reporting import report
from proxyless.reporting.matrix import Matrix
from proxyless.reporting.run import load_runs
from search_spaces import InputError, Space, load_space

SERVER, BOARD = "AMD EPYC (2 cores)", "Pi 4 (4 cores)"
FIGURES = {
    "network", "path-probabilities", "predicted-against-measured", "search-accuracy",
    "search-certainty", "search-history", "search-latency", "search-loss", "train-loss",
}  # fmt: skip


@pytest.fixture(scope="module")
def space() -> Space:
    return load_space("tiny")


def fingerprint(device: str) -> str:
    return Device.named(device).fingerprint


def measured(device: str, best_ms: float, dtype: str = "float32", **others: Any) -> dict[str, Any]:
    row = benchmark_row(best_ms)
    row["times"] |= {"device": device, "fingerprint": fingerprint(device), **others}
    row["times"]["settings"]["dtype"] = dtype
    return row


def make_run(folder: Path, space: Space, device: str, target_ms: float, *rows: Any) -> Path:
    """Make up a run that was searched for a device, and measured as the rows say."""
    write_run(folder, space, random.Random(folder.name))
    changes = {
        "profile": f"onnxruntime 1.31.1 on {device}, 1 thread, batch 1, float32",
        "device": fingerprint(device),
        "device_name": device,
        "predicted_ms": 0.9 * target_ms,
        "target_ms": target_ms,
    }
    edit(folder / "search" / "result.json", lambda result: result.update(changes))
    write_json(folder / "benchmark.json", {"rows": rows})
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, space: Space) -> list[Path]:
    folder = tmp_path_factory.mktemp("several")
    own = [measured(SERVER, 0.4), measured(SERVER, 0.5), measured(BOARD, 2.2)]
    return [
        make_run(folder / "for <server>", space, SERVER, 0.42, *own),
        make_run(folder / "for-board", space, BOARD, 2.0, measured(SERVER, 0.44)),
    ]


@pytest.fixture(scope="module")
def together(runs: list[Path]) -> Page:
    path = report(runs)
    assert path == runs[0].parent / "report.html"
    return Page(path.read_text())


def test_one_page_holds_the_comparison_and_each_run(together: Page) -> None:
    words = [word.strip() for word in together.words if word.strip()]
    assert words[words.index("2 networks compared") + 1] == ("for <server>, for-board.")
    assert words.index("predicted") < words.index("Comparison")
    assert words.count("Architecture") == words.count("Predicted against measured") == 2
    assert words.index("Networks on the same scale") < words.index("Architecture")
    assert "98.76 %" in words
    assert together.open == []
    assert len(together.ids) == len(set(together.ids))
    assert {"run-1", "run-2"} <= set(together.ids)
    assert together.tags["b"] == together.tags["server"] == 0
    assert together.tags["script"] == 1
    assert len(together.histories) == 2


def test_matrix_tells_measured_predicted_fastest_and_over_budget(runs: list[Path]) -> None:
    matrix = Matrix.of(load_runs(runs))
    assert matrix is not None
    assert matrix.conditions == [f"onnxruntime, {SERVER}", f"onnxruntime, {BOARD}"]
    marks = {
        (network, condition): (cell.ms, cell.marks) if cell else None
        for network, cells in zip(matrix.networks, matrix.cells, strict=True)
        for condition, cell in zip(("server", "board"), cells, strict=True)
    }
    assert marks == {
        ("for <server>", "server"): (0.4, ["fastest"]),
        ("for <server>", "board"): (2.2, ["over budget"]),
        ("for-board", "server"): (0.44, ["over budget"]),
        ("for-board", "board"): (1.8, ["predicted", "fastest"]),
    }


def test_matrix_is_in_words_too(together: Page) -> None:
    assert {"0.4 ms (fastest)", "2.2 ms (over budget)", "1.8 ms (predicted, fastest)"} <= set(
        together.words
    )
    described = " ".join(together.labels)
    assert f"onnxruntime, {BOARD}: for <server> 2.2 ms (over budget), for-board 1.8 ms" in described


def test_own_budget_comes_before_that_of_others(tmp_path: Path, space: Space) -> None:
    rows = [
        make_run(tmp_path / name, space, SERVER, target, measured(SERVER, 0.5), *more)
        for name, target, more in (
            ("tight", 0.45, [measured(SERVER, 0.3, dtype="int8")]),
            ("wide", 0.6, []),
        )
    ]
    other = make_run(tmp_path / "other", space, BOARD, 1.0, measured(SERVER, 0.7))
    matrix = Matrix.of(load_runs([*rows, other]))
    assert matrix is not None
    assert matrix.conditions[:2] == [
        f"onnxruntime, {SERVER}, float32",
        f"onnxruntime, {SERVER}, int8",
    ]
    overs = [[cell.over if cell else None for cell in cells] for cells in matrix.cells]
    assert overs == [[True, False, None], [False, None, None], [False, None, False]]
    fastest = [[cell.fastest if cell else None for cell in cells] for cells in matrix.cells]
    assert fastest == [[True, False, None], [True, None, None], [False, None, False]]


def test_no_matrix_of_one_condition_or_one_network(tmp_path: Path, space: Space) -> None:
    here = [
        make_run(tmp_path / name, space, SERVER, 0.42, measured(SERVER, 0.4))
        for name in ("one", "other")
    ]
    assert Matrix.of(load_runs(here)) is None
    there = make_run(tmp_path / "there", space, SERVER, 0.42, measured(BOARD, 2.0))
    assert Matrix.of(load_runs([there])) is None
    assert Matrix.of(load_runs([*here, there])) is not None


def test_devices_of_one_name_are_told_apart(tmp_path: Path, space: Space) -> None:
    one = make_run(tmp_path / "one", space, SERVER, 0.42, measured(SERVER, 0.4))
    again = measured(SERVER, 0.3, fingerprint="0123456789ab")
    other = make_run(tmp_path / "other", space, SERVER, 0.42, again)
    matrix = Matrix.of(load_runs([one, other]))
    assert matrix is not None
    assert matrix.conditions == [
        f"onnxruntime, {fingerprint(SERVER)}", "onnxruntime, 0123456789ab",
    ]  # fmt: skip


def test_a_device_without_a_name_goes_by_its_fingerprint(tmp_path: Path, space: Space) -> None:
    """As in results of before names were kept."""
    one = make_run(tmp_path / "one", space, SERVER, 0.42)
    edit(one / "search" / "result.json", lambda result: result.pop("device_name"))
    other = make_run(tmp_path / "other", space, BOARD, 1.0, measured(SERVER, 0.7))
    matrix = Matrix.of(load_runs([one, other]))
    assert matrix is not None
    assert matrix.conditions == [
        f"onnxruntime, {fingerprint(SERVER)}", f"onnxruntime, {BOARD}",
    ]  # fmt: skip
    assert matrix.cells[1][0] is not None, "the same device, under either name"


def test_devices_of_a_search_are_runs(tmp_path: Path, space: Space) -> None:
    run = tmp_path / "both"
    for number, device in enumerate((SERVER, BOARD), 1):
        make_run(run / str(number), space, device, 1.0)
    path = report(run)
    assert path == run / "report.html"
    words = Page(path.read_text()).words
    assert {"both/1", "both/2"} <= set(words)


def test_a_run_counts_once(runs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "pages" / "one.html"
    assert report([runs[1], runs[1]], out) == out
    page = Page(out.read_text())
    assert page.tags["h1"] == 1
    assert "Comparison" not in page.words


@pytest.mark.slow
def test_figures_are_files(runs: list[Path], tmp_path: Path) -> None:
    outcome = run_cli(
        "report", *runs, "--out", tmp_path / "page.html", "--figures", tmp_path, "--json"
    )
    assert outcome.status == 0, outcome.stderr
    assert json.loads(outcome.stdout) == {
        "page": str(tmp_path / "page.html"),
        "figures": str(tmp_path),
    }
    names = {"networks", "specialisation"} | {f"{run.name}/{f}" for run in runs for f in FIGURES}
    for suffix in (".svg", ".png"):
        found = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob(f"*{suffix}")}
        assert found == {f"{name}{suffix}" for name in names}
    whole = ElementTree.parse(tmp_path / "for-board" / "path-probabilities.svg").getroot()
    texts = [str(one.text) for one in whole.iter("{http://www.w3.org/2000/svg}text")]
    blocks = len(load_space("tiny").blocks)
    assert sum(text.split(":")[0].isdecimal() for text in texts if ":" in text) == blocks
    assert "zero" in texts
    with Image.open(tmp_path / "networks.png") as image:
        assert "networks of up to 13 operations" in image.info["Description"]
        assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 20


def test_what_is_no_run_is_named(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run is given"):
        report([])
    with pytest.raises(InputError, match=rf"{tmp_path} holds no architecture"):
        report([*runs, tmp_path])
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file cannot be made: .* is a file"):
        report(runs, tmp_path / "file" / "page.html")
