import logging
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path, PurePath
from typing import Any

import pytest

from search_spaces import InputError
from search_spaces.builtin import attribute
from search_spaces.registry import Registry

OURS = {"ordered": "collections:OrderedDict", "list": "builtins:list"}


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets installed packages offer names, and makes a registry of ours."""

    def make(*offered: tuple[str, str]) -> Registry:
        entries = [EntryPoint(name, value, "proxyless.mappings") for name, value in offered]
        monkeypatch.setattr(
            "search_spaces.registry.entry_points",
            lambda group: entries if group == "proxyless.mappings" else [],
        )
        return Registry("mapping", "proxyless.mappings", OURS)

    return make


def test_a_builtin_is_imported_by_name(offer: Any) -> None:
    registry = offer()
    assert registry.load("ordered", dict).__name__ == "OrderedDict"
    assert registry.names() == ("ordered", "list")


def test_what_a_package_offers_stands_behind_ours(offer: Any) -> None:
    registry = offer(("counter", "collections:Counter"), ("a", "collections:defaultdict"))
    assert registry.names() == ("ordered", "list", "a", "counter")
    assert registry.load("counter", dict).__name__ == "Counter"


def test_an_unknown_name_is_refused_with_the_choices(offer: Any) -> None:
    registry = offer(("counter", "collections:Counter"))
    sentence = (
        r"^there is no mapping 'count': choose one of ordered, list, counter, or install the pa"
    )
    with pytest.raises(InputError, match=sentence):
        registry.check("count")


def test_a_class_of_another_kind_is_refused(offer: Any) -> None:
    registry = offer(("number", "decimal:Decimal"), ("word", "os:sep"))
    for name in ("number", "word"):
        with pytest.raises(InputError, match=f"mapping '{name}' of .* is no subclass of .*dict"):
            registry.load(name, dict)


def test_a_package_that_cannot_be_imported_is_named(offer: Any) -> None:
    registry = offer(("gone", "no_such_package:Thing"), ("missing", "collections:NoSuchClass"))
    for name, error in (("gone", "ModuleNotFoundError"), ("missing", "AttributeError")):
        with pytest.raises(
            InputError, match=rf"mapping '{name}' of .* cannot be imported \({error}"
        ):
            registry.load(name, dict)


def test_a_fault_of_ours_is_not_dressed_up() -> None:
    registry = Registry("mapping", "proxyless.none", {"wrong": "no_such_package:Thing"})
    with pytest.raises(ModuleNotFoundError):
        registry.load("wrong", dict)


def test_two_packages_with_one_name_are_refused_when_it_is_asked_for(offer: Any) -> None:
    registry = offer(("counter", "collections:Counter"), ("counter", "collections:ChainMap"))
    assert registry.load("ordered", dict)
    with pytest.raises(
        InputError, match=r"^mapping 'counter' is offered by collections and collections: uninstall"
    ):
        registry.check("counter")


def test_a_name_of_ours_stays_ours_and_that_is_said(
    offer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    registry = offer(("ordered", "collections:Counter"))
    with caplog.at_level(logging.WARNING, "proxyless.plugins"):
        assert registry.names() == ("ordered", "list")
        assert registry.names() == ("ordered", "list")
    assert registry.load("ordered", dict).__name__ == "OrderedDict"
    assert [record.message for record in caplog.records] == [
        "mapping 'ordered' of collections is left out: a built-in one has that name"
    ]


def test_a_class_that_leaves_methods_out_is_refused(offer: Any) -> None:
    registry = offer(("half", "collections.abc:Mapping"))
    sentence = (
        r"^mapping 'half' of .* lacks `__getitem__`, `__iter__`, `__len__`: mend or uninstall"
    )
    with pytest.raises(InputError, match=sentence):
        registry.load("half", Mapping)


def test_an_object_that_cannot_be_made_is_refused(offer: Any) -> None:
    registry = offer(("path", "pathlib:PurePath"), ("fields", "dataclasses:Field"))
    assert registry.create("path", PurePath) == PurePath()
    with pytest.raises(
        InputError, match=r"mapping 'fields' of .* cannot be made \(TypeError: .*\): mend"
    ):
        registry.create("fields", object)


@pytest.mark.parametrize("value", ["a b", "not a : path!", "", ":", "a:b:c"])
def test_a_malformed_entry_point_is_refused(offer: Any, value: str) -> None:
    registry = offer(("odd", value))
    with pytest.raises(InputError, match=r'^mapping \'odd\' of .*, which is not "package.module'):
        registry.load("odd", dict)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError", "RuntimeError"),
        ("raise RuntimeError('')", "RuntimeError"),
        ("raise RuntimeError('one\\ntwo')", "RuntimeError: one"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("import sys; sys.exit()", "SystemExit"),
    ],
)
def test_whatever_an_import_raises_is_said(
    offer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    (tmp_path / "faulty.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "faulty", raising=False)
    registry = offer(("faulty", "faulty:Thing"))
    with pytest.raises(InputError) as refused:
        registry.load("faulty", dict)
    assert str(refused.value) == (
        f"mapping 'faulty' of faulty cannot be imported ({said}): mend or uninstall that package"
    )


@pytest.mark.parametrize("name", ["plain", "wide-net", "v1.5", "8-bit space"])
def test_a_built_in_space_may_have_any_name_that_a_file_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / f"{name}.toml").write_text("of that name")
    (tmp_path / "other.toml").write_text("of another")
    monkeypatch.setattr("search_spaces.builtin.files", lambda package: tmp_path)
    entries = {name: f"search_spaces.builtin:{attribute(name)}"}
    assert Registry("space", "proxyless.none", entries).load_object(name) == "of that name"
