"""The packages declare all their imports: base requirements, or extras inside functions."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MODULES = packages_distributions()
"""The installed distributions that contain each module."""
ROOT = Path(__file__).parents[1]
OURS = {"search_spaces", "latency", "proxyless", "exported_models"}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
BANNED: list[str] = PROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"][
    "banned-module-level-imports"
]


def names(requirements: list[str]) -> set[str]:
    """Return the distributions of requirements."""
    return {canonicalize_name(Requirement(requirement).name) for requirement in requirements}


BASE = names(PROJECT["project"]["dependencies"])
OPTIONAL = names([*EXTRAS["tflite"], *EXTRAS["tensorboard"], *EXTRAS["reference"]])


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module that runs: not what is under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _run(node)


def imported() -> Iterator[tuple[Path, str]]:
    """Yield every file of the packages with each absolute import in it."""
    for package in sorted(OURS):
        for file in (ROOT / package).rglob("*.py"):
            for node in _run(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    yield from ((file, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    yield file, str(node.module)
                elif isinstance(node, ast.Call) and ast.unparse(node.func) == "optional":
                    begins = re.match(r"f?'([\w.]+)", ast.unparse(node.args[0]))
                    assert begins, "what is optional is named in full, or at least its package"
                    yield file, begins[1]


def declared_by(module: str) -> set[str]:
    """Return the distributions that contain a module, by their names in requirements."""
    distributions = MODULES.get(module.partition(".")[0], [])
    return set(map(canonicalize_name, distributions))


def test_every_import_is_declared() -> None:
    undeclared = {}
    for file, module in imported():
        top = module.partition(".")[0]
        if top not in OURS | set(sys.stdlib_module_names) and not (
            declared_by(module) & (BASE | OPTIONAL)
        ):
            undeclared[str(file.relative_to(ROOT))] = module
    assert not undeclared


def test_every_requirement_is_imported() -> None:
    """A requirement that nothing imports is superfluous."""
    used = {name for _, module in imported() for name in declared_by(module)}
    assert not BASE - used


@pytest.mark.parametrize("requirement", PROJECT["project"]["dependencies"])
def test_requirements_name_a_lower_bound_and_no_upper_one(requirement: str) -> None:
    """Pins belong in constraints.txt, because users install other packages besides this one."""
    (bound,) = Requirement(requirement).specifier
    assert bound.operator == ">="


def test_the_pinned_set_keeps_the_declared_ranges() -> None:
    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            pins[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    for declared in [*PROJECT["project"]["dependencies"], *EXTRAS["dev"], *EXTRAS["tflite"]]:
        requirement = Requirement(declared)
        if requirement.name != "proxyless":
            version = pins[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement


def test_modules_of_extras_are_banned_at_module_level() -> None:
    """Each module that only an extra installs; checked by ruff in each of the packages."""
    modules = {
        module
        for module, brought_by in MODULES.items()
        if set(map(canonicalize_name, brought_by)) & (OPTIONAL - BASE)
        and re.fullmatch("[a-z][a-z_]*", module)
    }
    assert {"ai_edge_litert", "litert_quantizer", "flatbuffers", "tensorboard"} <= modules
    assert modules <= set(BANNED)
    for package in ("search_spaces", "latency", "proxyless"):
        code = "".join(f"import {module}\n" for module in BANNED)
        completed = subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--select", "TID253", "--output-format",
             "concise", "--stdin-filename", f"{package}/example.py", "-"],
            input=code, capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        for module in BANNED:
            assert f"`{module}` is banned at the module level" in completed.stdout
