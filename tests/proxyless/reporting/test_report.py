import json
import random
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from html_page import Page
from made_up_run import edit, write_lines, write_run
from support import run_cli

from proxyless.reporting import report
from search_spaces import InputError, Space, load_space

MISSING = {
    "search": "proxyless search",
    "train": "proxyless train",
    "model.onnx": "proxyless export",
    "benchmark.json": "proxyless benchmark",
}
TITLES = [
    "Architecture",
    "Search: the network through time",
    "Path probabilities",
    "Search: loss",
    "Search: accuracy",
    "Search: certainty",
    "Search: expected latency",
    "Training: loss",
    "Predicted against measured",
]


@pytest.fixture(autouse=True, scope="module")
def at_a_known_time() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1800000000")
        yield


@pytest.fixture(scope="module")
def space() -> Space:
    return load_space("tiny")


@pytest.fixture
def run(tmp_path: Path, space: Space) -> Path:
    folder = tmp_path / "digits"
    write_run(folder, space, random.Random(0))
    return folder


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory, space: Space) -> str:
    """The page of a run that has everything."""
    folder = tmp_path_factory.mktemp("complete") / "digits"
    write_run(folder, space, random.Random(0))
    path = report(folder)
    assert path == folder / "report.html"
    return path.read_text()


def remove(path: Path) -> None:
    if path.is_dir():
        for child in path.iterdir():
            child.unlink()
        path.rmdir()
    else:
        path.unlink()


def test_page_is_self_contained(complete: str) -> None:
    text = complete
    for namespace in ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"):
        text = text.replace(namespace, "")
    for outside in ("http:", "https:", "<link", "@import", "src=", "file:", "data:"):
        assert outside not in text


def test_the_only_script_is_the_pages_own(complete: str) -> None:
    own = (files("proxyless.reporting") / "history.js").read_text()
    page = Page(complete)
    assert [script.strip() for script in page.scripts] == [own.strip()]
    assert page.tags["script"] == complete.count("<script") == 1


def test_page_is_well_formed_and_ids_are_unique(complete: str) -> None:
    page = Page(complete)
    assert page.open == []
    assert page.ids
    assert len(page.ids) == len(set(page.ids))


def test_references_within_drawings_resolve(complete: str) -> None:
    references = set(re.findall(r'(?:url\(|href=")#([^)"]+)', complete))
    assert references == set(Page(complete).ids)


def test_every_figure_is_drawn_and_described(complete: str, space: Space) -> None:
    page = Page(complete)
    assert [word for word in page.words if word in TITLES] == TITLES
    assert page.tags["figure"] == page.tags["figcaption"] == len(page.labels) == len(TITLES)
    parts, charts = 5, 6
    assert page.tags["svg"] == parts + len(space.blocks) + charts
    assert all(len(label) > 20 for label in page.labels)


def test_descriptions_state_the_findings(complete: str) -> None:
    described = " ".join(Page(complete).labels)
    assert "13 operations, 1 of them left out" in described
    assert "The derived network uses the likeliest candidate of every block." in described
    assert "Training loss fell from 2.3 to" in described
    assert "Confidence rose from" in described
    assert "The target is 0.42 ms" in described
    assert (
        "onnxruntime took 0.413 ms, predicted 0.406 ms (+1.7 %, within the 90 % interval)"
        in described
    )
    assert "From epoch 5 to 24, the likeliest candidate changed in" in described


@pytest.mark.parametrize("figure", ["98.76 %", "460 k", "9.22 M"])
def test_headlines(complete: str, figure: str) -> None:
    assert f"<dd>{figure}</dd>" in complete


def test_colours_follow_the_page(complete: str) -> None:
    assert "currentColor" in complete
    assert "prefers-color-scheme: dark" in complete
    for leftover in ("DejaVu", "#010203", "#fcfdfe"):
        assert leftover not in complete


def test_text_from_data_is_escaped(complete: str) -> None:
    assert "digits &lt;b&gt;" in complete
    assert "&lt;script&gt;one&lt;/script&gt;" in complete
    assert "two &amp; three" in complete
    assert "&lt;model&gt;.tflite" in complete


def test_text_from_data_cannot_leave_the_animation(run: Path) -> None:
    hostile = '</script><script>alert(1)</script>"><b onload=alert(2)>'
    edit(
        run / "search" / "result.json",
        lambda result: [labels.__setitem__(0, hostile) for labels in result["candidates"]],
    )
    text = report(run).read_text()
    page = Page(text)
    assert page.open == []
    assert page.tags["script"] == text.count("<script") == text.count("</script") == 1
    assert page.tags["b"] == 0
    assert hostile in page.histories[0]["kinds"][0]["label"]


def test_files_are_listed_with_what_a_benchmark_found(complete: str, run: Path) -> None:
    words = [word.strip() for word in Page(complete).words]
    start = words.index("model.onnx")
    cells = [word for word in words[start : start + 12] if word]
    assert cells[:5] == ["model.onnx", "float32", "1,234", "98.76 %", "13.9 MB"]
    (run / "model-int8.tflite").write_bytes(b"0" * 321)
    cells = [word for word in map(str.strip, Page(report(run).read_text()).words) if word]
    start = cells.index("model-int8.tflite")
    assert cells[start + 1 : start + 5] == ["\N{EN DASH}", "321", "\N{EN DASH}", "\N{EN DASH}"]


def test_the_band_is_the_tables_interval(complete: str, run: Path) -> None:
    assert "the prediction ±2.4 %" in complete
    assert "predicted to take 0.406 ms ± 2.4 %" in complete
    result = run / "search" / "result.json"
    edit(result, lambda found: found.update(relative_error=0.01))
    assert "(+1.7 %, outside the 90 % interval)" in report(run).read_text()
    edit(result, lambda found: found.update(relative_error=None))
    text = report(run).read_text()
    assert "The table states no error, so predictions have no band." in text
    assert "(+1.7 %)" in text
    assert text.count(">interval<") == 0 < complete.count(">interval<")


def test_same_run_gives_same_page(complete: str, run: Path) -> None:
    assert report(run).read_text().replace(str(run), "") == complete


@pytest.mark.parametrize(("name", "command"), MISSING.items())
def test_missing_section_names_its_command(run: Path, name: str, command: str) -> None:
    remove(run / name)
    page = Page(report(run).read_text())
    offered = {one for one in MISSING.values() if any(one in code for code in page.codes)}
    assert offered == {command}
    assert page.open == []


def test_unconverged_search_is_said(complete: str, run: Path) -> None:
    assert "had not converged" not in complete
    edit(run / "search" / "result.json", lambda result: result.update(converged=False))
    assert "had not converged" in report(run).read_text()


def test_skips_are_counted_and_a_collapse_is_said(complete: str, run: Path) -> None:
    counted = "skips 1 of 6 optional blocks; random networks of the same budgets skip 0 to 3"
    assert counted in " ".join(complete.split())
    assert "collapsed" not in complete
    edit(run / "search" / "result.json", lambda result: result["skips"].update(collapsed=True))
    assert "The search has collapsed to skips." in report(run).read_text()


def test_settings_of_every_device_are_listed(complete: str) -> None:
    cells = [" ".join(word.split()) for word in Page(complete).words]
    assert cells[cells.index("devices 2: table") + 1] == "b.db"
    assert cells[cells.index("devices 1: target ms") + 1] == "0.42"


def test_one_epoch_is_enough(run: Path) -> None:
    for log in (run / "search" / "log.jsonl", run / "train" / "log.jsonl"):
        log.write_text(log.read_text().splitlines()[-1] + "\n")
    assert len(Page(report(run).read_text()).labels) == len(TITLES)


def test_not_a_number_is_drawn_as_a_gap(run: Path) -> None:
    log = run / "train" / "log.jsonl"
    records = [json.loads(line) for line in log.read_text().splitlines()]
    records[-1]["loss"] = float("nan")
    write_lines(log, records)
    assert "to 0.0642, then was not a number." in report(run).read_text()


def test_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"it is no run directory: `proxyless search") as caught:
        report(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "proxyless search" in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_measurements_of_another_release_name_the_mend(run: Path) -> None:
    path = run / "benchmark.json"
    edit(path, lambda data: data["rows"][1].pop("times"))
    with pytest.raises(InputError, match=r"row 2: field 'times' is missing: .* `proxyless bench"):
        report(run)
    outcome = run_cli("benchmark", run / "model.onnx")
    assert outcome.status == 2
    assert f"{path}: row 2: field 'times' is missing" in outcome.stderr
    assert "delete it" in outcome.stderr


def test_results_of_another_release_name_the_mend(run: Path) -> None:
    edit(run / "search" / "result.json", lambda result: result.pop("converged"))
    with pytest.raises(InputError) as caught:
        report(run)
    assert str(run / "search" / "result.json") in str(caught.value)
    assert "field 'converged' is missing" in str(caught.value)
    assert "`proxyless search` in another folder" in str(caught.value)


def test_what_an_early_search_did_not_say_is_left_out(run: Path) -> None:
    page = report(run).read_text()
    assert "random networks" in page
    early = {"skips", "supernet_accuracy", "relative_error"}
    path = run / "search" / "result.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({key: content[key] for key in content if key not in early}))
    assert "random networks" not in report(run).read_text()


def test_damaged_log_names_the_line(run: Path) -> None:
    log = run / "search" / "log.jsonl"
    log.write_text(log.read_text() + '{"phase": "sea')
    with pytest.raises(InputError, match=r"log\.jsonl, line 26 is not valid JSON"):
        report(run)


def test_log_of_another_space_is_refused(run: Path) -> None:
    path = run / "search" / "result.json"
    edit(path, lambda result: result["candidates"][0].append("MB9_3x3"))
    with pytest.raises(InputError, match=r"result\.json: candidate_ms does not fit"):
        report(run)
    edit(path, lambda result: result["candidate_ms"][0].append(0.3))
    with pytest.raises(InputError, match=r"line 1: probabilities do not fit"):
        report(run)
