"""What people see leaves by one door, which makes text harmless; files come in by another."""

import ast
from pathlib import Path

import pytest
from support import run_cli

ROOT = Path(__file__).parents[3]
DOORS = {
    "proxyless/cli/console.py": "the door",
    "proxyless/cli/progress.py": "rich draws the bar; its texts are printable",
    "latency/hosts/bootstrap.py": "messages as JSON, to the process that started it",
}
READING_DOORS = {
    "search_spaces/outside.py": "the door",
    "search_spaces/files.py": "descriptors that are written to",
    "search_spaces/machine_memory.py": "the kernel's files",
    "search_spaces/builtin/__init__.py": "a file of the package",
    "search_spaces/graphs/quantised.py": "what the quantiser wrote into a folder of ours",
    "latency/hosts/bootstrap.py": "sent to boards: from whoever started it",
    "latency/hosts/runner.py": "sent to boards: from whoever started it",
    "latency/hosts/worker.py": "from whoever started it",
    "latency/tables/file.py": "a file of the package",
    "latency/tables/rebuilding.py": "a copy that was written into a folder of ours",
    "latency/timing/device.py": "sent to boards: the kernel's files",
    "proxyless/data/image_file.py": "the door for images, from the other",
    "proxyless/data/readme.py": "YAML from the door, whose depth and aliases are checked before",
    "proxyless/deploy/export/checks.py": "logits of a process of ours, without pickles",
    "proxyless/deploy/export/facts.py": "what was written as JSON in the same line",
    "proxyless/deploy/export/standalone_check.py": "imports nothing of ours; without pickles",
    "proxyless/deploy/model_child.py": "imports nothing of ours: images, the kernel's files",
    "proxyless/deploy/model_process.py": "an array of limited length, without pickles",
    "proxyless/cli/standard_streams.py": "descriptors that were closed, opened on nothing",
    "proxyless/distributed/plain_state.py": "weights only; the archive is checked before",
    "proxyless/engine/configuration_check.py": "what this worker wrote as JSON itself",
    "proxyless/reporting/page.py": "a file of the package",
    "proxyless/zoo/page.py": "a file of the package",
    "proxyless/zoo/verifying.py": "what was written as JSON in the same line",
}
READING = {
    *("open", "io.open", "os.open", "json.load", "json.loads", "tomllib.load", "tomllib.loads"),
    *(
        "yaml.load",
        "yaml.safe_load",
        "onnx.load",
        "onnx.load_model",
        "torch.load",
        "torch.jit.load",
    ),
    *("pickle.load", "pickle.loads", "numpy.load", "np.load", "np.loadtxt", "np.fromfile"),
    *("safetensors.torch.load_file", "Image.open", "yaml.full_load", "yaml.unsafe_load"),
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


def read(path: Path) -> list[str]:
    """Return the calls of a source that read a file, or turn a text into data."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return [ast.unparse(call)[:60] for call in calls if reads(call)]


def reads(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    mode = call.args[0] if call.args else None
    opens = name.endswith(".open") and isinstance(mode, ast.Constant) and "r" in str(mode.value)
    return opens or name in READING or name.endswith((".read_text", ".read_bytes"))


def test_nothing_is_read_beside_the_door() -> None:
    beside = {
        name: calls
        for path in SOURCES
        if (calls := read(path)) and (name := str(path.relative_to(ROOT))) not in READING_DOORS
    }
    assert beside == {}


def test_what_is_let_past_the_doors_is_there() -> None:
    sources = {str(path.relative_to(ROOT)): path for path in SOURCES}
    assert [name for name in DOORS if name not in sources or not printed(sources[name])] == []
    assert [name for name in READING_DOORS if name not in sources or not read(sources[name])] == []


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
