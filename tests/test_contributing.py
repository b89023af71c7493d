"""Everything that CONTRIBUTING names exists: files, commands, tools, and functions."""

import importlib.util
import inspect
import keyword
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import pytest

from latency.runtimes import FileRuntime, ModuleRuntime
from proxyless.cli import VERBS
from proxyless.distributed import Aggregator, Codec, LocalUpdate, SumAggregator
from proxyless.nas.updates import ArchitectureUpdate
from search_spaces import builtin_spaces

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
SPANS = sorted(set(re.findall(r"`([^`\n]+)`", FENCE.sub("", TEXT))))
NOT_OURS = {"<!-- test -->", "type: ignore", ".venv", "pre-commit install"}
"""Names of other tools, which are not looked up."""
CODE = re.compile(r"(?P<name>[A-Za-z_][\w.]*)(?:\((?P<arguments>[^)]*)\))?")


def modules() -> list[ModuleType]:
    """Return the modules whose files the page names."""
    files = [span for span in SPANS if span.endswith(".py") and not span.startswith("tests/")]
    names = (file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in files)
    return [importlib.import_module(name) for name in names]


def find(name: str) -> object:
    """Return the object with a name, in those modules or in the classes that the page names."""
    first, *attributes = name.split(".")
    owners: list[object] = list(modules())
    owners += [vars(owner)[span] for owner in modules() for span in SPANS if span in vars(owner)]
    for owner in owners:
        kinds = [owner, *getattr(owner, "__mro__", ())]
        declared = {field for kind in kinds for field in getattr(kind, "__annotations__", ())}
        if first in declared | set(dir(owner)):
            value = getattr(owner, first, None)
            for part in attributes:
                value = getattr(value, part)
            return value
    raise LookupError(name)


def exists(span: str) -> bool:
    """Return whether the object of a code span exists."""
    first = span.split()[0]
    if span in NOT_OURS or keyword.iskeyword(span) or span in builtin_spaces():
        return True
    if "/" in first or first.endswith((".py", ".md", ".toml", ".txt")):
        return (ROOT / first).exists()
    if first == "make":
        return f"\n{span.split()[1]}:" in (ROOT / "Makefile").read_text()
    if first.startswith("--"):
        return f"`{first}`" in (ROOT / "docs" / "verbs.md").read_text()
    if first in VERBS or first == "proxyless":
        return True
    if span.startswith("python -m "):
        return (ROOT / span.split()[2].split(".")[0]).is_dir()
    try:
        return distribution(first) is not None
    except PackageNotFoundError:
        pass
    code = CODE.fullmatch(span)
    if code is None:
        return False
    if (
        code["arguments"] is None
        and importlib.util.find_spec(code["name"].split(".")[0]) is not None
    ):
        return importlib.util.find_spec(code["name"]) is not None
    value = find(code["name"])
    if code["arguments"] is not None:
        assert callable(value)
        inspect.signature(value).bind(*code["arguments"].split(","))
    return True


@pytest.mark.parametrize("span", SPANS)
def test_what_is_set_as_code_exists(span: str) -> None:
    assert exists(span), f"there is no `{span}`"


@pytest.mark.parametrize("span", ["target.gate_costs(p)", "UPDATES", "latency/nothing.py"])
def test_what_does_not_exist_is_found_out(span: str) -> None:
    with pytest.raises((LookupError, AttributeError, AssertionError)):
        assert exists(span)


@pytest.mark.parametrize(
    "kind",
    [FileRuntime, ModuleRuntime, ArchitectureUpdate, Codec, Aggregator, SumAggregator, LocalUpdate],
)
def test_recipes_name_all_that_has_to_be_written(kind: type) -> None:
    missing = {f"`{name}`" for name in kind.__abstractmethods__ if f"`{name}`" not in TEXT}  # type: ignore[attr-defined]
    assert not missing, f"a {kind.__name__} needs {missing} too"


def test_make_targets_exist() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"^make ([a-z-]+)", TEXT, re.MULTILINE)) <= set(targets)
