import json
import random
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from proxyless.report import write_report
from search_spaces import Architecture, InputError, Space, load_space

WARMUP, EPOCHS = 5, 20
MISSING = {
    "search": "proxyless search",
    "train": "proxyless train",
    "model.onnx": "proxyless export",
    "benchmark.json": "proxyless benchmark",
}
TITLES = [
    "Architecture",
    "Path probabilities",
    "Search: loss",
    "Search: accuracy",
    "Search: certainty",
    "Search: expected latency",
    "Training: loss",
    "Predicted against measured",
]


class Page(HTMLParser):
    """The tags of a page, the labels of its images, its ids and its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.labels: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in ("meta",):
            self.open.append(tag)
        values = dict(attributes)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.labels += [values["aria-label"] or ""] if values.get("role") == "img" else []

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


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
    path = write_report(folder)
    assert path == folder / "report.html"
    return path.read_text()


def write_run(folder: Path, space: Space, generator: random.Random) -> None:
    architecture = Architecture.random(space, generator, "digits")
    searched = architecture.operations[len(space.before) : -len(space.after)]
    choices = [
        block.candidates.index(operation)
        for block, operation in zip(space.blocks, searched, strict=True)
    ]
    folder.mkdir(parents=True)
    architecture.save(folder / "architecture.json")
    (folder / "model.onnx").write_bytes(b"0" * 1234)
    write_search(folder / "search", space, choices)
    write_train(folder / "train", architecture)
    write_json(folder / "benchmark.json", {"rows": [benchmark_row(0.4126), tflite_row()]})


def write_search(folder: Path, space: Space, choices: list[int]) -> None:
    write_json(
        folder / "config.json",
        {
            "task": {"data": "digits <b>", "space": "tiny", "seed": 0},
            "method": "two-path",
            "devices": [{"table": "a.db", "target_ms": 0.42}, {"table": "b.db"}],
            "epochs": EPOCHS,
            "warmup_epochs": WARMUP,
            "table": None,
        },
    )
    write_lines(folder / "log.jsonl", [search_epoch(n, space, choices) for n in range(25)])
    write_json(
        folder / "result.json",
        {
            "predicted_ms": 0.4057,
            "target_ms": 0.42,
            "expected_ms": 0.4088,
            "fastest_ms": 0.211,
            "slowest_ms": 0.732,
            "entropy": 0.12,
            "confidence": 0.91,
            "converged": True,
            "candidates": [[one.label for one in block.candidates] for block in space.blocks],
            "choices": choices,
            "profile": "onnxruntime 1.31.1 on AMD EPYC (2 cores), 1 thread, batch 1, float32",
            "supernet_accuracy": 0.71,
            "skips": {
                "count": 1,
                "optional": 6,
                "random_least": 0,
                "random_most": 3,
                "collapsed": False,
            },
            "pareto": [],
        },
    )


def search_epoch(number: int, space: Space, choices: list[int]) -> dict[str, Any]:
    warm = number < WARMUP
    progress = 0.0 if warm else (number - WARMUP + 1) / EPOCHS
    rows = []
    for block, choice in zip(space.blocks, choices, strict=True):
        width = len(block.candidates)
        weights = [1 + 30 * progress**2 * (index == choice) for index in range(width)]
        rows.append([weight / sum(weights) for weight in weights])
    return {
        "phase": "warmup" if warm else "search",
        "epoch": number,
        "loss": 2.3 * 0.9**number,
        "accuracy": 1 - 0.9 * 0.92**number,
        "validation_loss": None if warm else 2.2 * 0.92**number,
        "validation_accuracy": None if warm else 1 - 0.9 * 0.94**number,
        "entropy": 1 - progress**2,
        "confidence": sum(max(row) for row in rows) / len(rows),
        "skip_probability": 0.2 * (1 - progress),
        "expected_ms": 0.51 - 0.1 * progress,
        "multiplier": progress,
        "probabilities": rows,
        "seconds": 1.5,
    }


def write_train(folder: Path, architecture: Architecture) -> None:
    write_json(folder / "config.json", {"epochs": 30, "recipe": {"learning_rate": 0.05}})
    epochs = [
        {
            "epoch": number,
            "loss": 2.3 * 0.88**number,
            "accuracy": 1 - 0.9 * 0.85**number,
            "learning_rate": 0.05,
            "seconds": 0.7,
        }
        for number in range(30)
    ]
    write_lines(folder / "log.jsonl", epochs)
    result = {
        "test_accuracy": 0.9876,
        "test_loss": 0.0432,
        "test_images": 360,
        "parameters": architecture.parameters,
        "macs": architecture.macs,
        "epochs": 30,
        "class_names": ["zero", "<script>one</script>", "two & three"],
    }
    write_json(folder / "result.json", result)


def benchmark_row(best_ms: float) -> dict[str, Any]:
    return {
        "file": "runs/digits/model.onnx",
        "runtime": "onnxruntime",
        "version": "1.31.1",
        "device": "AMD EPYC (2 cores)",
        "threads": 1,
        "batch": 1,
        "dtype": "float32",
        "best_ms": best_ms,
        "median_ms": 1.04 * best_ms,
        "p95_ms": 1.3 * best_ms,
        "images_per_second": 961.5,
        "peak_memory_bytes": 13_900_000,
        "file_bytes": 1234,
        "accuracy": 0.9876,
        "predicted_ms": 0.4057,
        "reference": None,
    }


def tflite_row() -> dict[str, Any]:
    other = {"runtime": "tflite", "file": "runs/digits/<model>.tflite", "predicted_ms": None}
    return {**benchmark_row(0.533), **other}


def write_json(path: Path, data: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data))


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def remove(path: Path) -> None:
    if path.is_dir():
        for child in path.iterdir():
            child.unlink()
        path.rmdir()
    else:
        path.unlink()


def edit(path: Path, change: Callable[[Any], None]) -> None:
    data = json.loads(path.read_text())
    change(data)
    write_json(path, data)


def test_page_is_self_contained(complete: str) -> None:
    text = complete
    for namespace in ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"):
        text = text.replace(namespace, "")
    for outside in ("http:", "https:", "<script", "<link", "@import", "src=", "file:", "data:"):
        assert outside not in text


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
    assert "In 9 of 9 blocks" in described
    assert "Training loss fell from 2.3 to" in described
    assert "Confidence rose from" in described
    assert "The target is 0.42 ms" in described
    assert "onnxruntime took 0.413 ms, predicted 0.406 ms (+1.7 %)" in described


@pytest.mark.parametrize(
    "figure", ["98.76 %", "0.406 ms", "0.413 ms", "0.42 ms", "460 k", "9.22 M"]
)
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


def test_same_run_gives_same_page(complete: str, run: Path) -> None:
    assert write_report(run).read_text().replace(str(run), "") == complete


@pytest.mark.parametrize(("name", "command"), MISSING.items())
def test_missing_section_names_its_command(run: Path, name: str, command: str) -> None:
    remove(run / name)
    text = write_report(run).read_text()
    assert [one for one in MISSING.values() if f"<code>{one}" in text] == [command]
    assert Page(text).open == []


def test_unconverged_search_is_said(complete: str, run: Path) -> None:
    assert "had not converged" not in complete
    edit(run / "search" / "result.json", lambda result: result.update(converged=False))
    assert "had not converged" in write_report(run).read_text()


def test_skips_are_counted_and_a_collapse_is_said(complete: str, run: Path) -> None:
    counted = "skips 1 of 6 optional blocks; random networks of the same budgets skip 0 to 3"
    assert counted in " ".join(complete.split())
    assert "collapsed" not in complete
    edit(run / "search" / "result.json", lambda result: result["skips"].update(collapsed=True))
    assert "The search has collapsed to skips." in write_report(run).read_text()


def test_settings_of_every_device_are_listed(complete: str) -> None:
    cells = [" ".join(word.split()) for word in Page(complete).words]
    assert cells[cells.index("devices 2: table") + 1] == "b.db"
    assert cells[cells.index("devices 1: target ms") + 1] == "0.42"


def test_one_epoch_is_enough(run: Path) -> None:
    for log in (run / "search" / "log.jsonl", run / "train" / "log.jsonl"):
        log.write_text(log.read_text().splitlines()[-1] + "\n")
    assert len(Page(write_report(run).read_text()).labels) == len(TITLES)


def test_not_a_number_is_drawn_as_a_gap(run: Path) -> None:
    log = run / "train" / "log.jsonl"
    records = [json.loads(line) for line in log.read_text().splitlines()]
    records[-1]["loss"] = float("nan")
    write_lines(log, records)
    assert "to 0.0642, then was not a number." in write_report(run).read_text()


def test_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no finished search or training") as caught:
        write_report(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "proxyless search" in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_damaged_log_names_the_line(run: Path) -> None:
    log = run / "search" / "log.jsonl"
    log.write_text(log.read_text() + '{"phase": "sea')
    with pytest.raises(InputError, match=r"log\.jsonl, line 26 is not valid JSON"):
        write_report(run)


def test_log_of_another_space_is_refused(run: Path) -> None:
    edit(run / "search" / "result.json", lambda result: result["candidates"][0].append("MB9_3x3"))
    with pytest.raises(InputError, match=r"line 1: probabilities do not fit"):
        write_report(run)
