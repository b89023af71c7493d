"""What starts at once: commands that compute nothing import nothing heavy.

Counted by modules, not by seconds: a slow machine fails no test.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from latency import import_table
from proxyless.cli import VERBS
from proxyless.cli.tables import ACTIONS as TABLE_ACTIONS
from proxyless.cli.zoo import ACTIONS as ZOO_ACTIONS

HEAVY = {"torch", "pandas", "scipy", "matplotlib", "onnx", "onnxruntime", "sklearn", "datasets"}
PLAN = "plan --step-ms 25 --round-trip-ms 120 --bandwidth-mbps 640 --gradient-bytes 128KB"
PUBLISHED = """\
block_name,latency(ms)
Conv-input:8x8x1-output:8x8x16,0.11
expanded_conv-input:8x8x16-output:4x4x24-expand:3-kernel:3-stride:2-idskip:0,0.21
"""
RUN = """
import sys
from proxyless.cli import main
sys.argv = ["proxyless", *sys.argv[1:]]
try:
    main()
finally:
    print("modules", *sys.modules, file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    """Run a command in a fresh process; return the packages it imported."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (line,) = (one for one in done.stderr.splitlines() if one.startswith("modules "))
    return {name.partition(".")[0] for name in line.split()[1:]}


@pytest.mark.parametrize(
    "command",
    ["--help", "--version", "spaces", "spaces tiny", "zoo list", PLAN, "tables --help"]
    + [f"{verb} --help" for verb in ("profile", "search", "train", "export", "benchmark")],
)
def test_a_command_that_computes_nothing_imports_nothing_heavy(command: str) -> None:
    assert not imported_by(*command.split()) & HEAVY


@pytest.mark.parametrize("action", ["list", "show"])
def test_a_look_into_a_table_imports_nothing_heavy(action: str, micro_table: Path) -> None:
    assert not imported_by("tables", action, str(micro_table)) & HEAVY


def test_comparing_two_profiles_imports_nothing_heavy(tmp_path: Path) -> None:
    published = tmp_path / "published.csv"
    published.write_text(PUBLISHED)
    table = tmp_path / "phones.db"
    for name in ("Pixel 1", "Pixel 2"):
        import_table(published, table, device=name)
    command = ("tables", "diff", str(table), "--device", "Pixel 1", "--other-device", "Pixel 2")
    assert not imported_by(*command) & HEAVY


@pytest.mark.parametrize("package", ["search_spaces", "latency", "proxyless", "proxyless.config"])
def test_a_package_imports_its_parts_when_they_are_used(package: str) -> None:
    code = f"import sys, {package}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in done.stdout.split()} & (HEAVY | {"numpy"})


@pytest.mark.slow
@pytest.mark.parametrize("package", ["search_spaces", "latency", "proxyless", "proxyless.config"])
def test_every_public_name_is_there_and_is_no_module(package: str) -> None:
    code = (
        f"import {package} as package, types\n"
        "import proxyless.nas.search, proxyless.deploy.export, proxyless.reporting\n"
        "for name in package.__all__:\n"
        "    found = getattr(package, name)\n"
        "    assert not isinstance(found, types.ModuleType), name\n"
        "assert package.__all__ == sorted(package.__all__) == dir(package)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def every_command() -> list[tuple[str, str, str]]:
    groups = {"": VERBS, "tables": TABLE_ACTIONS, "zoo": ZOO_ACTIONS}
    return [
        (f"{group} {name}".strip(), one.place, one.line)
        for group, commands in groups.items()
        for name, one in commands.items()
    ]


@pytest.mark.parametrize(("name", "place", "line"), every_command())
def test_the_line_of_a_command_fits_and_is_a_sentence(name: str, place: str, line: str) -> None:
    assert line.endswith(".")
    assert len(line) <= 76
    assert place.partition(":")[0].startswith("proxyless.cli.")
