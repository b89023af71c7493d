"""Runs of strangers: whatever their files hold, a reader takes it or refuses it in a sentence."""

import json
import shutil
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from support import run_cli

from proxyless.constraints.run_costs import load_costs
from proxyless.deploy.benchmark.row import load_benchmark
from proxyless.nas.trained_supernet import read_search_config
from proxyless.reporting.run import load_runs
from proxyless.runs.phase_directory import PhaseDirectory
from proxyless.runs.provenance import load_provenance
from proxyless.runs.results import SharedSearchEpoch, read_epochs
from proxyless.runs.trained_run import TrainedRun
from search_spaces import InputError, load_space

KEPT = Path(__file__).parents[2] / "kept" / "0.2"
FILES = (
    "architecture.json",
    "benchmark.json",
    "provenance.json",
    "search/config.json",
    "search/costs.json",
    "search/log.jsonl",
    "search/result.json",
    "train/config.json",
    "train/log.jsonl",
    "train/result.json",
)
NASTY: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 2**40, 2**63, 10**300, 1e308, -1e308, float("nan"), float("inf"), "",
    "nan", "1", "[/red]\x1b[2J", "\ud800", "x" * 5000, "../../etc/passwd", [], {}, [[]],
    [None] * 3, {"": None}, [1e308, 1e308],
)  # fmt: skip


def readers(run: Path) -> dict[str, Callable[[], object]]:
    """Return what reads the files of a run."""

    def trained() -> object:
        found = TrainedRun.load(run)
        return found.search_result, found.network()

    return {
        "report": lambda: load_runs([run]),
        "trained": trained,
        "configuration": lambda: read_search_config(run / "search"),
        "begun": lambda: PhaseDirectory.is_begun(
            run / "train", read_search_config(KEPT / "runs/gradient/search")
        ),
        "costs": lambda: load_costs(
            run / "search/costs.json", load_space(str(KEPT / "space.toml")), 1
        ),
        "benchmark": lambda: load_benchmark(run),
        "provenance": lambda: load_provenance(run),
        "log": lambda: read_epochs(SharedSearchEpoch, run / "search/log.jsonl"),
    }


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in plain data."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, (dict, list)):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        for key in keys:
            found += [(value, key), *places(value[key])]
    return found


@st.composite
def spoilt(draw: st.DrawFn, text: str) -> str:
    """Draw JSON text, or a log, with one thing wrong in it."""
    lines = text.splitlines() if text.startswith('{"') else [text]
    number = draw(st.integers(0, len(lines) - 1))
    content = json.loads(lines[number])
    container, key = draw(st.sampled_from(places(content)))
    way = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "as text"]))
    if way == "remove":
        del container[key]
    elif way == "add" and isinstance(container, list):
        container.append(container[key])
    elif way == "as text":
        container[key] = json.dumps(container[key])
    else:
        container[key] = draw(st.sampled_from(NASTY))
    lines[number] = json.dumps(content)
    return "\n".join(lines)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(
        shutil.copytree(KEPT / "runs/gradient", tmp_path_factory.mktemp("runs") / "gradient")
    )


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=60)
def test_whatever_a_file_holds_it_is_read_or_refused(
    stranger: Path, name: str, data: st.DataObject
) -> None:
    path = stranger / name
    whole = (KEPT / "runs/gradient" / name).read_text()
    path.write_text(data.draw(spoilt(whole)))
    try:
        for read in readers(stranger).values():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                with suppress(InputError):
                    read()
    finally:
        path.write_text(whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=6)
def test_verbs_refuse_what_a_file_holds_or_do_their_work(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(KEPT, tmp_path_factory.mktemp("kept") / "0.2"))
    path = folder / "runs/gradient" / name
    path.write_text(data.draw(spoilt(path.read_text())))
    train = json.loads((KEPT / "expected.json").read_text())["runs"]["gradient"]["train"]
    export = ("export", "runs/gradient", "--no-measure", "--max-drop", 100)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        patch.chdir(folder)
        for command in (("report", "runs/gradient"), train, export):
            outcome = run_cli(*command)
            assert outcome.status in (0, 2), outcome.stderr
