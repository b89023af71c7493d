"""Draw networks, pretend to measure them, fit a table, predict with it."""

import csv
import json
import random
from pathlib import Path

import pytest
from support import run_cli

from latency import (
    Device,
    MeasuredNetwork,
    Settings,
    Table,
    draw_networks,
    fit_networks,
    load_predictor,
    read_networks,
)
from latency.profiling.network_sampling import calibration_networks, uniform_network
from latency.statistics.prediction_errors import ErrorStatistics
from search_spaces import Architecture, InputError, Space, load_space


@pytest.fixture(scope="module")
def tiny() -> Space:
    return load_space("tiny")


@pytest.fixture(scope="module")
def drawn(tiny: Space, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "networks"
    files = draw_networks(tiny, folder, 16)
    assert all(file.exists() for file in files)
    return folder / "networks.csv"


def pretend(architecture: Architecture) -> float:
    """A device that needs 2 ms a call, 1 ms for 300,000 MACs and 0.1 ms for each operation."""
    return 2.0 + architecture.macs / 3e5 + 0.1 * len(architecture.active)


@pytest.fixture(scope="module")
def filled(drawn: Path) -> Path:
    with drawn.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        architecture = Architecture.load((drawn.parent / row["file"]).with_suffix(".json"))
        row["milliseconds"] = str(pretend(architecture))
    path = drawn.with_name("filled.csv")
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["file", "milliseconds"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_fitted_table_predicts_other_networks(filled: Path, tiny: Space, tmp_path: Path) -> None:
    with Table.open(tmp_path / "t.db", create=True) as table:
        info, calibration = fit_networks(
            tiny, read_networks(filled), table, Device.named("Board"), "own", Settings()
        )
    predictor = load_predictor(tmp_path / "t.db", device="Board")
    assert predictor.info == info
    assert info.method == "fitted"
    generator = random.Random(3)
    networks = [uniform_network(tiny, generator) for _ in range(40)]
    found = ErrorStatistics.of(
        [predictor.network(one.operations) for one in networks], [pretend(one) for one in networks]
    )
    assert found.mape < 2
    assert found.spearman is not None
    assert found.spearman > 0.98
    assert calibration.held_out.mape < 4
    assert calibration.raw is None
    low, high = predictor.bounds(tiny)
    assert 2 < low < high


def test_every_entry_adds_up_raw_too(filled: Path, tiny: Space, tmp_path: Path) -> None:
    with Table.open(tmp_path / "t.db", create=True) as table:
        fit_networks(tiny, read_networks(filled), table, Device.named("Board"), "own", Settings())
    fitted = load_predictor(tmp_path / "t.db", device="Board")
    raw = load_predictor(tmp_path / "t.db", device="Board", raw=True)
    for operation in tiny.operations():
        assert raw.milliseconds(operation) == pytest.approx(fitted.milliseconds(operation))


def test_from_the_command_line(tmp_path: Path, drawn: Path, filled: Path) -> None:
    folder, table = tmp_path / "networks", tmp_path / "t.db"
    outcome = run_cli("tables", "draw", folder, "--networks", 5, "--format", "tflite", "--json")
    assert outcome.status == 0, outcome.stderr
    assert len(json.loads(outcome.stdout)["files"]) == 5
    assert len(list(folder.glob("*.tflite"))) == 5
    outcome = run_cli("tables", "fit", filled, "--device", "Board", "--table", table, "--json")
    assert outcome.status == 0, outcome.stderr
    assert json.loads(outcome.stdout)["networks"] == 16
    shown = run_cli("tables", "show", table, "--device", "Board")
    assert shown.status == 0, shown.stderr


def test_an_empty_line_of_the_list_is_named(drawn: Path) -> None:
    with pytest.raises(InputError, match="line 2: '' is not a latency in ms: fill in"):
        read_networks(drawn)


def test_a_list_without_columns(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="has no columns file and milliseconds"):
        read_networks(tmp_path / "list.csv")


def test_a_network_of_another_space(filled: Path, tmp_path: Path) -> None:
    with (
        Table.open(tmp_path / "t.db", create=True) as table,
        pytest.raises(InputError, match="which is not among the"),
    ):
        fit_networks(
            load_space("cifar"), read_networks(filled), table, Device.named("B"), "own", Settings()
        )


def test_too_few_networks(filled: Path, tiny: Space, tmp_path: Path) -> None:
    with (
        Table.open(tmp_path / "t.db", create=True) as table,
        pytest.raises(InputError, match="3 measured networks are too few"),
    ):
        fit_networks(tiny, read_networks(filled)[:3], table, Device.named("B"), "own", Settings())


def test_nothing_is_overwritten(drawn: Path, tiny: Space) -> None:
    with pytest.raises(InputError, match="exists already: name another folder"):
        draw_networks(tiny, drawn.parent, 4)
    with pytest.raises(InputError, match="there is no format 'h5'"):
        draw_networks(tiny, drawn.parent, 4, "h5")


def test_a_fit_of_another_space_is_not_overwritten(
    filled: Path, tiny: Space, micro: Space, tmp_path: Path
) -> None:
    phone = Device.named("Phone"), "unknown", Settings()
    with Table.open(tmp_path / "t.db", create=True) as table:
        fit_networks(tiny, read_networks(filled), table, *phone)
        before = load_predictor(tmp_path / "t.db", device="Phone").calibration
        others = [
            MeasuredNetwork(one, pretend(one)) for one in calibration_networks(micro, 6, seed=3)
        ]
        with pytest.raises(InputError, match="holds a fit of another space"):
            fit_networks(micro, others, table, *phone)
    assert load_predictor(tmp_path / "t.db", device="Phone").calibration == before


def test_lists_of_spreadsheets_and_of_runs_are_read(drawn: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "architecture.json").write_bytes((drawn.parent / "network-000.json").read_bytes())
    path = tmp_path / "list.csv"
    path.write_text("\ufefffile,milliseconds\n\nrun/model.onnx,12.5\n", encoding="utf-8")
    (found,) = read_networks(path)
    assert found.milliseconds == 12.5
    assert found.architecture == Architecture.load(drawn.parent / "network-000.json")


@pytest.mark.parametrize("line", [",12.5", "12.5"])
def test_a_line_without_a_file_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    header = "file,milliseconds" if "," in line else "milliseconds,file"
    path.write_text(f"{header}\n\n{line}\n")
    with pytest.raises(InputError, match="line 3 names no file"):
        read_networks(path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, tiny: Space) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be made"):
        draw_networks(tiny, tmp_path / "file", 4)


def test_a_list_as_a_german_spreadsheet_saves_it(drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "network-000.json").write_bytes((drawn.parent / "network-000.json").read_bytes())
    path = tmp_path / "list.csv"
    for text in (
        "file;milliseconds\r\nnetwork-000.onnx;2,8\r\n",
        "file\tmilliseconds\nnetwork-000.onnx\t2.8",
    ):
        path.write_text(text, encoding="utf-16")
        (found,) = read_networks(path)
        assert found.milliseconds == 2.8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"is no table of several columns.* \(file and milliseconds\)"),
        ("file,milliseconds\n", "has no columns file and milliseconds"),
        ("file;milliseconds\na.onnx;-2,8\n", "line 2: '-2.8' is not a latency in ms"),
        ("file,milliseconds\na.onnx,nan\n", "line 2: 'nan' is not a latency"),
        ("file,milliseconds\na.onnx,1e999\n", "line 2: '1e999' is not a latency"),
        ("file,milliseconds\na.onnx,0\n", "line 2: '0' is not a latency"),
        ("file,milliseconds\na.onnx,2 ms\n", "line 2: '2 ms' is not a latency"),
        ("file,milliseconds\na.onnx,\u0663\n", "line 2: '\u0663' is not a latency"),
        ("file,milliseconds\n.,1\n", "line 2: beside '.' lies no architecture"),
        ("file,milliseconds\n..,1\n", "line 2: beside"),
        ("file,milliseconds\n" + "n" * 5000 + ",1\n", "line 2: 'nnn.* is no name of a file"),
        ("file,milliseconds\na.onnx,1,2\n", "line 2: 3 columns instead of 2"),
        ("file,file\n", "column 'file' is there twice"),
        ("file,milliseconds\n" + "\n".join(f"{n},1" for n in range(10_001)), "more than 10000"),
    ],
)
def test_lists_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_networks(path)


def test_a_file_that_is_listed_twice(drawn: Path) -> None:
    path = drawn.with_name("twice.csv")
    path.write_text("file,milliseconds\nnetwork-000.onnx,1\nnetwork-000.onnx,2\n")
    with pytest.raises(InputError, match=r"line 3: 'network-000.onnx' is there twice"):
        read_networks(path)


def test_a_refused_fit_makes_no_table(drawn: Path, tmp_path: Path) -> None:
    path = drawn.with_name("few.csv")
    path.write_text("file,milliseconds\nnetwork-000.onnx,1\n")
    table = tmp_path / "t.db"
    for device in ("Board", "\x1b[2J"):
        outcome = run_cli("tables", "fit", path, "--device", device, "--table", table)
        assert outcome.status == 2
        assert not table.exists()


def test_files_of_others_are_not_drawn_over(tmp_path: Path) -> None:
    theirs = tmp_path / "network-001.json"
    theirs.write_text("theirs")
    with pytest.raises(InputError, match=r"network-001.json exists and is not of proxyless"):
        draw_networks(load_space("tiny"), tmp_path, count=4)
    assert theirs.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [theirs]
