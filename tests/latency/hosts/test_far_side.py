"""What is sent to remote devices: old Python, and nothing of ours that is not sent too."""

import ast
import sys
from pathlib import Path

import pytest

import latency
from latency.hosts.bootstrap import OLDEST
from latency.hosts.ssh import MODULES

ENGINES = {"numpy", "onnxruntime", "ai_edge_litert"}
OUTSIDE_LINUX = {"cpuinfo", "psutil"}
FOLDER = Path(latency.__file__).parent


def source(module: str) -> str:
    return FOLDER.joinpath(*module.split(".")).with_suffix(".py").read_text()


@pytest.mark.parametrize("module", MODULES)
def test_it_is_python_of_the_oldest_version(module: str) -> None:
    ast.parse(source(module), feature_version=OLDEST)


def test_what_says_that_python_is_too_old_runs_there() -> None:
    ast.parse(source("hosts.bootstrap"), feature_version=(3, 5))


@pytest.mark.parametrize("module", MODULES)
def test_it_imports_nothing_that_is_not_there(module: str) -> None:
    package = ("latency." + module).split(".")[:-1]
    for node in ast.walk(ast.parse(source(module))):
        if isinstance(node, ast.ImportFrom) and node.level:
            parents = package[: len(package) - node.level + 1]
            assert ".".join([*parents, node.module or ""]) in {
                f"latency.{name}" for name in MODULES
            }
        elif isinstance(node, ast.Import | ast.ImportFrom):
            named = (
                [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
            roots = {str(name).split(".")[0] for name in named}
            assert roots <= {*sys.stdlib_module_names, *ENGINES, *OUTSIDE_LINUX}
