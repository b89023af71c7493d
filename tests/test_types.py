"""Users' code is type-checked against the wheel, outside of this tree.

This project's code is checked against all available types: packages that mypy skips have none.
"""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from test_docs import PAGES, blocks, identify
from wheel import build_wheel, unpack

from benchmarks.environment import ROOT

USER = ROOT / "tests" / "typed_user"
PACKAGES = ("search_spaces", "latency", "proxyless")
PATHS = ("PYTHONPATH", "MYPYPATH")
"""Environment variables by which mypy would find this tree."""
WRONG = re.compile(r"# wrong: (?P<code>[a-z-]+)$")
ERROR = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$")
REVEALED = re.compile(r"^names\.py:(?P<line>\d+): note: Revealed type is \"(?P<type>.*)\"$")


def public_names() -> list[str]:
    """Return the full name of every public object of the packages."""
    return [
        f"{package}.{name}"
        for package in PACKAGES
        for name in importlib.import_module(package).__all__
    ]


def documented() -> dict[str, str]:
    """Return the tested Python code of every page of the documentation, by a module name."""
    programs = {
        page: "".join(
            block.text for block in blocks(page) if block.marked and block.language == "python"
        )
        for page in PAGES
    }
    return {
        re.sub(r"\W", "_", identify(page).removesuffix(".md")): program
        for page, program in programs.items()
        if program
    }


def wrong_lines() -> set[tuple[str, int, str]]:
    """Return the expected errors of mypy in the pages: file, line and code."""
    return {
        (page.name, number, match["code"])
        for page in USER.glob("*.py")
        for number, line in enumerate(page.read_text().splitlines(), 1)
        if (match := WRONG.search(line))
    }


def check(python: Path, folder: Path, cache: Path) -> list[str]:
    """Return the lines that ``mypy --strict`` prints for a folder's files."""
    files = sorted(path.name for path in folder.glob("*.py"))
    strict = ["--strict", "--config-file=", "--no-error-summary", "--hide-error-context"]
    where = ["--python-executable", str(python), "--cache-dir", str(cache)]
    command = [sys.executable, "-m", "mypy", *strict, *where, *files]
    kept = {name: value for name, value in os.environ.items() if name not in PATHS}
    done = subprocess.run(
        command, cwd=folder, env=kept, capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_a_users_page_is_typed_against_the_wheel(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    python = unpack(build_wheel(tmp_path), tmp_path / "environment")
    user = tmp_path / "user"
    shutil.copytree(USER, user)
    for name, program in documented().items():
        (user / f"{name}.py").write_text(program)
    names = public_names()
    imports = [f"import {package}" for package in PACKAGES]
    lines = [*imports, *(f"reveal_type({name})" for name in names)]
    (user / "names.py").write_text("\n".join(lines))
    output = check(python, user, pytestconfig.cache.mkdir("typed_user"))
    errors = {(e["file"], int(e["line"]), e["code"]) for s in output if (e := ERROR.match(s))}
    assert errors == wrong_lines(), "\n".join(output)
    revealed = {int(r["line"]): r["type"] for s in output if (r := REVEALED.match(s))}
    types = {name: revealed[line] for line, name in enumerate(names, len(imports) + 1)}
    assert "Any" not in types.values(), types


def skipped() -> list[str]:
    """Return the packages that mypy is told to skip."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    return [
        module.removesuffix(".*")
        for override in settings["overrides"]
        if override.get("ignore_missing_imports")
        for module in override["module"]
    ]


@pytest.mark.parametrize("package", skipped())
def test_what_mypy_skips_ships_no_types(package: str) -> None:
    assert importlib.util.find_spec(f"{package}-stubs") is None
    spec = importlib.util.find_spec(package)
    if spec is not None:
        assert spec.origin is not None
        assert not (Path(spec.origin).parent / "py.typed").exists()
