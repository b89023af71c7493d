"""The registry of the project and that of ``proxyless.distributed``, which is written twice.

The second imports nothing of the rest; what one does the other does, but for the class of errors.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import proxyless.distributed.registry
import search_spaces.registry
from proxyless.distributed import DistributedError
from search_spaces import InputError

GROUP = "proxyless.mappings"
OURS = {"ordered": "collections:OrderedDict", "list": "builtins:list"}
REGISTRIES = [
    pytest.param((search_spaces.registry, InputError), id="search_spaces"),
    pytest.param((proxyless.distributed.registry, DistributedError), id="distributed"),
]

Make = Callable[..., Any]


@pytest.fixture(params=REGISTRIES)
def either(request: pytest.FixtureRequest) -> tuple[ModuleType, type[Exception]]:
    """Return the module of a registry, and the class of its errors."""
    module, error = request.param
    return module, error


@pytest.fixture
def error(either: tuple[ModuleType, type[Exception]]) -> type[Exception]:
    return either[1]


@pytest.fixture
def offer(either: tuple[ModuleType, type[Exception]], monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a function that lets packages offer (name, value), and makes a registry."""

    def make(*offered: tuple[str, str], builtin: Mapping[str, str] = OURS) -> Any:
        entries = [EntryPoint(name, value, GROUP) for name, value in offered]
        monkeypatch.setattr(
            either[0], "entry_points", lambda group: entries if group == GROUP else []
        )
        return either[0].Registry("mapping", GROUP, builtin)

    return make


FAULTY = {
    "__init__": "",
    "leaving": "raise SystemExit('bye')",
    "silent": "raise RuntimeError('')",
    "half": """
from abc import ABC, abstractmethod

class Half(dict, ABC):
    first = abstractmethod(lambda self: 1)
    second = abstractmethod(lambda self: 2)
""",
}
"""The modules of a package."""


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a package available whose modules have faults."""
    (tmp_path / "faulty_package").mkdir()
    for name, text in FAULTY.items():
        (tmp_path / "faulty_package" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith("faulty_package")]:
        monkeypatch.delitem(sys.modules, name)


def test_names_are_the_built_in_ones_and_then_those_of_packages(offer: Make) -> None:
    registry = offer(("counter", "collections:Counter"), ("a", "collections:defaultdict"))
    assert registry.names() == tuple(registry) == ("ordered", "list", "a", "counter")
    assert len(registry) == 4


def test_membership_is_by_name(offer: Make) -> None:
    registry = offer(("counter", "collections:Counter"))
    assert all(name in registry for name in registry.names())
    assert "count" not in registry
    assert 3 not in registry


@pytest.mark.parametrize(("name", "kind"), [("ordered", "OrderedDict"), ("counter", "Counter")])
def test_a_class_is_imported_by_name(name: str, kind: str, offer: Make) -> None:
    assert offer(("counter", "collections:Counter")).load(name, dict).__name__ == kind


@pytest.mark.parametrize(
    ("offered", "name", "sentence"),
    [
        (
            [("counter", "collections:Counter")],
            "count",
            r"^there is no mapping 'count': choose one of ordered, list, counter, or install the "
            "package that offers it$",
        ),
        (
            [("number", "decimal:Decimal")],
            "number",
            r"^mapping 'number' of decimal is no subclass of builtins\.dict: mend or uninstall "
            "that package$",
        ),
        ([("word", "os:sep")], "word", "^mapping 'word' of os is no subclass of builtins.dict: "),
        (
            [("gone", "no_such_package:Thing")],
            "gone",
            r"^mapping 'gone' of no_such_package cannot be imported \(ModuleNotFoundError: .*\): "
            "mend or uninstall that package$",
        ),
        (
            [("gone", "collections:NoSuchClass")],
            "gone",
            r"^mapping 'gone' of collections cannot be imported \(AttributeError: ",
        ),
        (
            [("leaving", "faulty_package.leaving:Thing")],
            "leaving",
            r"^mapping 'leaving' of faulty_package\.leaving cannot be imported "
            r"\(SystemExit: bye\): mend or uninstall that package$",
        ),
        (
            [("silent", "faulty_package.silent:Thing")],
            "silent",
            r"^mapping 'silent' of faulty_package\.silent cannot be imported \(RuntimeError\): ",
        ),
        (
            [("odd", "a b")],
            "odd",
            r"^mapping 'odd' of a b is 'a b', which is not \"package\.module:Name\": mend or ",
        ),
        (
            [("half", "faulty_package.half:Half")],
            "half",
            r"^mapping 'half' of faulty_package\.half lacks `first`, `second`: mend or uninstall "
            "that package$",
        ),
        (
            [("counter", "collections:Counter"), ("counter", "collections:ChainMap")],
            "counter",
            "^mapping 'counter' is offered by collections and collections: uninstall all but one "
            "of them$",
        ),
    ],
)
@pytest.mark.usefixtures("faulty")
def test_what_cannot_be_loaded_is_refused_in_the_same_sentence(
    offered: list[tuple[str, str]],
    name: str,
    sentence: str,
    offer: Make,
    error: type[Exception],
) -> None:
    with pytest.raises(error, match=sentence):
        offer(*offered).load(name, dict)


def test_a_name_offered_twice_with_one_value_is_taken(offer: Make) -> None:
    """As of a package that is found in two folders of the path."""
    registry = offer(("counter", "collections:Counter"), ("counter", "collections:Counter"))
    assert registry.load("counter", dict).__name__ == "Counter"


def test_a_fault_of_a_built_in_one_shows_itself(offer: Make) -> None:
    with pytest.raises(ModuleNotFoundError):
        offer(builtin={"wrong": "no_such_package:Thing"}).load("wrong", dict)


def test_a_built_in_name_stays_the_built_in_ones_and_that_is_said(
    offer: Make, caplog: pytest.LogCaptureFixture
) -> None:
    registry = offer(("ordered", "collections:Counter"))
    with caplog.at_level(logging.WARNING, "proxyless"):
        assert registry.names() == registry.names() == ("ordered", "list")
    assert registry.load("ordered", dict).__name__ == "OrderedDict"
    assert [record.getMessage() for record in caplog.records] == [
        "mapping 'ordered' of collections is left out: a built-in one has that name"
    ]
