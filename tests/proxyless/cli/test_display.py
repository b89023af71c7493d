"""What verbs print for people, at 80 and 120 columns and into a pipe: tests/snapshots.

``pytest tests/proxyless/cli/test_display.py --renew-snapshots`` writes the files again.
"""

import shlex
import shutil
from pathlib import Path

import made_up_display
import pytest
from snapshot import FOLDER, Snapshots
from support import Outcome, run_cli

from proxyless.cli.text import cell_len

WIDTHS = ("80", "120")
SITES = (
    "plan --step-ms 25 --round-trip-ms 120 --bandwidth-mbps 640 --gradient-bytes 128KB "
    "--simulate 50 --tail lognormal:0.5 --steps 100"
)
BOARD = f"--threads 4 --device '{made_up_display.BOARD}'"
TINY = "--space tiny --table tiny.db"
COMMANDS = {
    "spaces": "spaces",
    "spaces-imagenet": "spaces imagenet",
    "profile": f"profile {TINY} --runtime litert",
    "search": f"search {TINY} --target-ms 20 --target-ms 21.3 --out run",
    "train": "train run --data digits",
    "export": "export run --format tflite-int8",
    "benchmark": "benchmark run/model.onnx",
    "benchmark-wide": "benchmark run/model.onnx --wide",
    "report": "report run --figures figures",
    "plan": SITES,
    "demo": "demo",
    "tables-list": "tables list board.db",
    "tables-list-wide": "tables list board.db --wide",
    "tables-show": f"tables show board.db {BOARD}",
    "tables-show-wide": f"tables show board.db {BOARD} --wide",
    "tables-show-published": "tables show imported.db",
    "tables-diff": f"tables diff board.db phone.db {BOARD}",
    "tables-diff-wide": f"tables diff board.db phone.db {BOARD} --wide",
    "tables-check": "tables check tiny.db",
    "tables-calibrate": "tables calibrate tiny.db",
    "tables-draw": "tables draw to-measure --networks 2 --space micro.toml",
    "tables-fit": "tables fit networks.csv --device Watch --table fitted.db",
    "tables-import": "tables import published.csv --table new.db --device Phone",
    "tables-export": "tables export imported.db entries.yaml --format proxylessnas",
    "tables-merge": "tables merge all.db board.db phone.db",
    "tables-plot": "tables plot board.db --out costs.svg",
    "zoo-list": "zoo list --zoo models",
    "zoo-list-wide": "zoo list --zoo models --wide",
    "zoo-show": "zoo show digits_board --zoo models",
    "zoo-show-published": "zoo show found_for_a_phone_1.4 --zoo models",
    "zoo-add": "zoo add run digits_board --zoo models",
    "zoo-measure": "zoo measure digits_board --zoo models",
    "zoo-verify": "zoo verify digits_board --zoo models",
    "error": "tables show board.db --device Nobody",
}
LONG_BY_DESIGN = ("next: ", "torchrun ")
"""Commands to copy are one line each."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the commands name."""
    folder = tmp_path_factory.mktemp("display")
    made_up_display.make(folder)
    arguments = ("--table", folder / "imported.db", "--device", "Phone")
    assert run_cli("tables", "import", folder / "published.csv", *arguments).status == 0
    return folder


@pytest.fixture(autouse=True)
def made_up(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a copy of that folder, where nothing is worked for."""
    monkeypatch.chdir(shutil.copytree(template, tmp_path / "here"))
    made_up_display.replace_work(monkeypatch)


def printed(outcome: Outcome) -> str:
    """Return what was printed, standard error first, as it comes on a terminal."""
    assert outcome.status in (0, 1, 2), outcome
    return outcome.stderr + outcome.stdout


@pytest.mark.parametrize(("name", "width"), [(n, w) for n in COMMANDS for w in WIDTHS])
def test_output_at_a_width(
    monkeypatch: pytest.MonkeyPatch, snapshots: Snapshots, name: str, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    text = printed(run_cli(*shlex.split(COMMANDS[name])))
    snapshots.check(f"{name}.{width}", text)
    if not name.endswith("-wide"):
        lines = [one for one in text.splitlines() if not one.startswith(LONG_BY_DESIGN)]
        assert max(map(cell_len, lines)) <= int(width)


def test_there_is_no_snapshot_that_nothing_is_compared_with() -> None:
    expected = {f"{name}.{width}.txt" for name in COMMANDS for width in WIDTHS}
    assert {path.name for path in FOLDER.iterdir()} == expected
