"""``proxyless tables``: the actions that exchange and compare tables."""

import csv
import json
from pathlib import Path

import pytest
from support import run_cli, write_table

from latency import import_table, load_predictor
from search_spaces import MBConv, Operation, Space

KEY = "expanded_conv-input:8x8x16-output:4x4x24-expand:6-kernel:5-stride:2-idskip:0"
POOL = "AvgPool2D-input:7x7x8-output:1x1x8"


def cost(operation: Operation) -> float:
    return operation.macs / 1e4 + 0.1


def wide_cost(operation: Operation) -> float:
    return cost(operation) * (3 if isinstance(operation, MBConv) and operation.kernel == 5 else 1)


@pytest.fixture
def table(tmp_path: Path, micro: Space) -> Path:
    """Two runtimes on a phone and one on a tablet."""
    path = tmp_path / "table.db"
    write_table(path, micro.operations(), cost)
    write_table(path, micro.operations(), wide_cost, runtime="onnxruntime")
    write_table(path, micro.operations(), cost, device="Tablet")
    return path


def output(*arguments: object) -> dict[str, object]:
    outcome = run_cli("tables", *arguments, "--json")
    assert outcome.status == 0, outcome.stderr
    found = json.loads(outcome.stdout)
    assert isinstance(found, dict)
    return found


def refusal(*arguments: object) -> str:
    outcome = run_cli("tables", *arguments)
    assert outcome.status == 2
    assert outcome.stdout == ""
    (sentence,) = outcome.stderr.splitlines()
    return sentence


def test_import_and_what_was_found(tmp_path: Path) -> None:
    file, path = tmp_path / "published.yaml", tmp_path / "new" / "table.db"
    file.write_text(f"{KEY}:\n  mean: 2.5\n{POOL}:\n  mean: 1\n")
    found = output(
        "import", file, "--table", path, "--device", "Pixel 1", "--runtime", "tflite",
        "--threads", 4, "--batch", 2, "--format", "proxylessnas",
    )  # fmt: skip
    assert (found["operations"], found["foreign keys"], found["foreign"]) == (1, 1, [POOL])
    predictor = load_predictor(path, "tflite", str(found["device"]), threads=4, batch=2)
    assert predictor.network([MBConv(16, 24, 5, 2, 6, 8, False)]) == 2.5
    words = run_cli("tables", "import", file, "--table", path, "--device", "Pixel 1").stdout
    assert "proxyless tables show" in words


def test_import_refuses_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "published.yaml"
    file.write_text(f"{KEY}:\n  mean: -1\n")
    sentence = refusal("import", file, "--table", tmp_path / "t.db", "--device", "Pixel 1")
    assert f"key {KEY}, mean: '-1' is not a latency" in sentence


@pytest.mark.parametrize(("file_format", "extra"), [("csv", 1), ("proxylessnas", 0)])
def test_export_of_one_profile(
    tmp_path: Path, table: Path, micro: Space, file_format: str, extra: int
) -> None:
    out = tmp_path / "out"
    found = output("export", table, out, "--format", file_format, "--device", "Tablet")
    assert found == {
        "path": str(out), "entries": len(micro.operations()) + extra, "left_out": [],
    }  # fmt: skip
    assert out.stat().st_size > 100


def test_export_asks_which_profile(tmp_path: Path, table: Path) -> None:
    sentence = refusal("export", table, tmp_path / "out", "--device", "Phone")
    assert "several profiles that fit; choose with --runtime" in sentence


def test_export_takes_the_only_device_there_is(tmp_path: Path, micro: Space) -> None:
    path = tmp_path / "phone.db"
    write_table(path, micro.operations(), cost)
    output("export", path, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        assert len(list(csv.reader(file))) == len(micro.operations()) + 2


def test_diff_of_runtimes_in_one_table(table: Path, micro: Space) -> None:
    found = output(
        "diff", table, "--device", "Phone", "--runtime", "litert",
        "--other-runtime", "onnxruntime",
    )  # fmt: skip
    assert str(found["here"]).startswith("litert 2 on Phone")
    assert str(found["there"]).startswith("onnxruntime 2 on Phone")
    rows = found["operations"]
    assert isinstance(rows, list)
    assert len(rows) == len(micro.operations())
    assert rows[-1]["relative_ratio"] / rows[0]["relative_ratio"] == pytest.approx(3)
    assert "5x5" in rows[-1]["label"]


def test_diff_of_two_tables_for_people(tmp_path: Path, table: Path, micro: Space) -> None:
    other = tmp_path / "other.db"
    write_table(other, micro.operations(), wide_cost, device="Watch")
    outcome = run_cli("tables", "diff", table, other, "--device", "Tablet")
    assert outcome.status == 0, outcome.stderr
    for words in ("kernel 5x5", "expansion 2", "Watch", "Tablet", "MB1_5x5"):
        assert words in outcome.stdout


def test_diff_of_a_profile_with_itself(table: Path) -> None:
    assert "both sides are" in refusal("diff", table, "--device", "Tablet")


def test_merge_twice(tmp_path: Path, table: Path, micro: Space) -> None:
    into, other = tmp_path / "into.db", tmp_path / "other.db"
    write_table(other, micro.operations(), cost, device="Watch")
    found = output("merge", into, table, other)
    assert (found["profiles"], found["devices"]) == (4, 3)
    again = output("merge", into, table, other)
    assert {value for name, value in again.items() if name != "table"} == {0}
    assert "cannot be merged into itself" in refusal("merge", into, into)


def test_plot_of_all_profiles_and_of_some(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "picture.svg"
    found = output("plot", table, "--out", out)
    assert found["profiles"] == 3
    assert "Phone, litert, on average" in str(found["says"])
    assert out.is_file()
    assert output("plot", table, "--out", out, "--device", "Phone")["profiles"] == 2
    assert output("plot", table, "--out", out, "--runtime", "litert")["profiles"] == 2
    assert "no profile fits" in refusal("plot", table, "--out", out, "--threads", 9)
    assert "neither a .png nor a .svg" in refusal("plot", table, "--out", tmp_path / "picture")


def test_the_table_that_profile_fills_need_not_be_named(
    tmp_path: Path, micro: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for action in ("list", "show", "check", "calibrate", "diff"):
        sentence = refusal(action)
        assert (
            "table tables/latency.db does not exist: measure one with `proxyless prof" in sentence
        )
    assert "tables/latency.db does not exist" in refusal("plot", "--out", "x.svg")
    (tmp_path / "tables").mkdir()
    write_table(tmp_path / "tables" / "latency.db", micro.operations(), cost)
    write_table(tmp_path / "tables" / "latency.db", micro.operations(), cost, device="Tablet")
    assert "Tablet" in run_cli("tables", "list", "--json").stdout
    assert len(str(output("show", "--device", "Tablet")["entries"])) > 1000
    assert output("diff", "--device", "Phone", "--other-device", "Tablet")["ratio"] == 1
    assert output("plot", "--out", "x.svg")["profiles"] == 2
    assert "(did you mean tables/latency.db?)" in refusal("list", "latncy.db")
    assert "(did you mean tables/latency.db?)" in refusal("show", "table/latency.db")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("draw", "drawn", "--networks", 0), "--networks 0 is not at least 1"),
        (("fit", "lists/network.csv", "--device", "x"), "(did you mean lists/networks.csv?)"),
        (("fit", "lists", "--device", "x"), "lists is a folder: name the list in it"),
        (("import", "pubished.yaml", "--device", "x"), "(did you mean published.yaml?)"),
        (("import", "lists", "--device", "x"), "lists is a folder: name a published"),
        (("draw", "published.yaml/drawn"), "cannot be made: published.yaml is a file"),
    ],
)
def test_files_that_are_not_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[object, ...],
    words: str,
) -> None:
    (tmp_path / "lists").mkdir()
    for name in ("lists/networks.csv", "published.yaml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert words in refusal(*arguments)


def test_search_with_an_imported_table(
    tmp_path: Path, table: Path, micro: Space, micro_file: Path, images: Path
) -> None:
    published, ours = tmp_path / "published.yaml", tmp_path / "imported.db"
    output("export", table, published, "--format", "proxylessnas", "--device", "Tablet")
    import_table(published, ours, "Pixel 1")
    predictor = load_predictor(ours, device="Pixel 1")
    target = sum(predictor.bounds(micro)) / 2
    outcome = run_cli(
        "search", "--target-ms", target, "--data", images, "--space", micro_file, "--table", ours,
        "--device", "Pixel 1", "--out", tmp_path / "run", "--warmup-epochs", 1, "--epochs", 2,
        "--interval", 1, "--batch-size", 24, "--compute", "cpu", "--json",
    )  # fmt: skip
    assert outcome.status == 0, outcome.stderr
    found = json.loads(outcome.stdout)
    low, high = predictor.bounds(micro)
    assert low <= found["predicted_ms"] <= high
