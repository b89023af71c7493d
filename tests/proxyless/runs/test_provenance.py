"""What made the parts of a run: noted as they are made, and shown at the foot of the report."""

import json
import random
import shlex
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
from conftest import Finished
from html_page import Page
from made_up_run import write_run
from support import run_cli

from proxyless.reporting import report
from proxyless.runs.command import running
from proxyless.runs.provenance import FILE, Provenance, load_provenance, now, record
from search_spaces import InputError, load_space

EPOCH, DATE = "1800000000", "2027-01-15T08:00:00+00:00"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    folder = tmp_path / "digits"
    write_run(folder, load_space("tiny"), random.Random(0))
    return folder


def foot(run: Path) -> tuple[list[str], str]:
    """Return the commands at the foot of a run's report, and its words."""
    text = report(run).read_text()
    page = Page(text[text.index("<footer>") : text.index("</footer>") + len("</footer>")])
    return page.codes, " ".join(" ".join(page.words).split())


def test_every_verb_notes_its_command(finished: Finished) -> None:
    noted = load_provenance(finished.path)
    files = ["model.onnx", "model-int8.onnx", "model.tflite", "model-int8.tflite"]
    assert list(noted) == ["search", "train", *files, "benchmark.json"]
    assert {one.version for one in noted.values()} == {version("proxyless")}
    commands = {part: shlex.split(one.command or "") for part, one in noted.items()}
    verbs = {part: command[:2] for part, command in commands.items()}
    assert verbs["search"] == ["proxyless", "search"]
    assert verbs["train"] == ["proxyless", "train"]
    assert {tuple(verbs[file]) for file in files} == {("proxyless", "export")}
    assert verbs["benchmark.json"] == ["proxyless", "benchmark"]
    assert commands["search"][commands["search"].index("--out") + 1] == str(finished.path)
    assert commands["model.tflite"][-5:-1] == ["--format", "tflite", "--max-drop", "100"]
    dates = [one.date for one in noted.values()]
    assert dates == sorted(dates)


def test_a_finished_phase_is_not_noted_again(finished: Finished, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished.path, run)
    before = load_provenance(run)
    command = before["train"].command
    assert command is not None
    again = run_cli("train", run, *shlex.split(command)[3:])
    assert again.status == 0, again.stderr
    assert load_provenance(run) == before


def test_what_python_makes_has_no_command(run: Path) -> None:
    record(run, "train")
    with running(["search", "--out", "my runs"]):
        record(run, "search")
    record(run, "model.onnx")
    assert load_provenance(run) == {
        "train": Provenance(version("proxyless"), DATE),
        "search": Provenance(version("proxyless"), DATE, "proxyless search --out 'my runs'"),
        "model.onnx": Provenance(version("proxyless"), DATE),
    }


def test_the_foot_says_what_made_the_run_and_the_page(run: Path) -> None:
    for part, command in (("search", ["search", "--out", "x"]), ("train", ["train", "x"])):
        with running(command):
            record(run, part)
    record(run, "model.onnx")
    codes, words = foot(run)
    release = f"proxyless {version('proxyless')}, 2027-01-15 08:00:00 UTC"
    assert codes == ["proxyless search --out x", "proxyless train x"]
    assert f"model.onnx called from Python; {release}" in words
    assert "benchmark.json Not recorded" in words
    assert f"this page called from Python; {release}" in words
    conditions = "onnxruntime 1.31.1 on AMD EPYC (2 cores), 1 thread, batch 1, float32"
    assert f"predicted for {conditions}" in words
    assert f"measured with {conditions}" in words


def test_parts_of_one_command_share_a_line(run: Path) -> None:
    with running(["demo"]):
        for part in ("search", "train", "model.onnx", "benchmark.json"):
            record(run, part)
    codes, words = foot(run)
    assert codes == ["proxyless demo"]
    assert "search, train, model.onnx, benchmark.json" in words


def test_a_part_that_is_gone_is_not_shown(run: Path) -> None:
    with running(["train", "x"]):
        record(run, "train")
    shutil.rmtree(run / "train")
    assert foot(run)[0] == []


def test_a_page_from_the_command_line_has_its_command(run: Path) -> None:
    outcome = run_cli("report", run)
    assert outcome.status == 0, outcome.stderr
    codes = Page((run / "report.html").read_text()).codes
    assert codes == [f"proxyless report {run}"]


def test_a_command_cannot_leave_the_page(run: Path) -> None:
    with running(["search", "--out", "</code><script>alert(1)</script>"]):
        record(run, "search")
    page = Page(report(run).read_text())
    assert page.tags["script"] == 1
    assert any("<script>alert(1)</script>" in code for code in page.codes)


def test_a_damaged_note_names_the_mend(run: Path) -> None:
    (run / FILE).write_text(json.dumps({"search": {"date": 1}}))
    with pytest.raises(InputError, match=r"provenance\.json: .*delete it"):
        report(run)


@pytest.mark.parametrize("epoch", ["soon", "", "1e9", "99999999999999999999"])
def test_a_time_that_is_none_is_named(epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(InputError, match=r"SOURCE_DATE_EPOCH .* is no date"):
        now()


def test_a_damaged_note_costs_nothing_that_was_made(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (run / FILE).write_text("no JSON")
    record(run, "train")
    assert "how train was made is not noted" in caplog.text
    assert "delete it" in caplog.text
    assert (run / FILE).read_text() == "no JSON"
