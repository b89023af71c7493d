"""Everything that people see goes through the console's functions, which make text harmless."""

import ast
from pathlib import Path

import pytest
from support import run_cli

ROOT = Path(__file__).parents[3]
DOORS = {
    "proxyless/cli/console.py": "the door",
    "proxyless/cli/progress.py": "rich draws the bar; its texts are printable",
    "proxyless/deploy/benchmark/memory_probe.py": "a number, to the process that started it",
    "latency/hosts/bootstrap.py": "messages as JSON, to the process that started it",
}
SOURCES = [
    path
    for package in ("search_spaces", "latency", "proxyless")
    for path in sorted((ROOT / package).rglob("*.py"))
]


def printed(path: Path) -> list[str]:
    """Return the calls of a source that write where people read."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    names = [ast.unparse(call.func) for call in calls]
    endings = ("stdout.write", "stderr.write", "typer.echo", "click.echo", "secho", "Console")
    return [name for name in names if name == "print" or name.endswith(endings)]


def test_nothing_is_printed_beside_the_door() -> None:
    beside = {
        name: calls
        for path in SOURCES
        if (calls := printed(path)) and (name := str(path.relative_to(ROOT))) not in DOORS
    }
    assert beside == {}


HOSTILE = [
    "$\\frac$",
    "$$",
    "_under",
    "[/red]",
    "[b]x",
    ":smile:",
    "\u202egnp",
]
ROWS = "\n".join(
    f"expanded_conv-input:8x8x16-output:8x8x16-expand:{expansion}-kernel:{kernel}-stride:1-idskip:1,{ms}"
    for expansion, kernel, ms in ((3, 3, 0.1), (6, 3, 0.2), (6, 5, 0.3))
)


@pytest.mark.parametrize("device", HOSTILE)
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_names_of_devices_are_text(tmp_path: Path, device: str, suffix: str) -> None:
    table, picture = tmp_path / "t; rm x.db", tmp_path / f"p{suffix}"
    source = tmp_path / "b.csv"
    source.write_text(f"block_name,latency(ms)\n{ROWS}\n")
    imported = run_cli("tables", "import", source, "--table", table, "--device", device)
    listed = run_cli("tables", "list", table)
    drawn = run_cli("tables", "plot", table, "--device", device, "--out", picture)
    for outcome in (imported, listed, drawn):
        assert outcome.status == 0, outcome.stderr
        assert all(line.isprintable() for line in outcome.stdout.splitlines())
    assert f"proxyless tables show '{table}'" in imported.stdout
    if suffix == ".svg":
        assert "\x1b" not in picture.read_text()


@pytest.mark.parametrize("device", ["\x1b[31mred", "a\nb", "", "x" * 10**4])
def test_what_is_no_name_of_a_device_is_refused(tmp_path: Path, device: str) -> None:
    source = tmp_path / "b.csv"
    source.write_text(f"block_name,latency(ms)\n{ROWS}\n")
    table = tmp_path / "t.db"
    refused = run_cli("tables", "import", source, "--table", table, "--device", device)
    assert refused.status == 2
    assert "--device" in refused.stderr
    assert all(line.isprintable() for line in refused.stderr.splitlines())
    assert not table.exists()


@pytest.mark.parametrize("columns", ["1", "2", "0", "-1", "x", "1" + "0" * 30, "٣"])
def test_any_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run_cli("spaces", "tiny").status == 0


def test_a_folder_that_was_deleted_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    outcome = run_cli("spaces")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "the current folder was deleted" in outcome.stderr
