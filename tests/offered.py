"""A third-party package, made available to this process as if it were installed."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from proxyless.nas.candidates.registry import EVALUATORS, get_evaluator
from search_spaces.operations.registry import OPERATIONS, get_operation
from search_spaces.registered import SPACES

THIRD_PARTY = Path(__file__).with_name("third_party")
"""The source of the package."""


@contextmanager
def offered(*groups: str) -> Iterator[None]:
    """Make only the package's entry points of these groups ("operations") available."""
    project = tomllib.loads((THIRD_PARTY / "pyproject.toml").read_text())["project"]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(THIRD_PARTY)
        for registry in (OPERATIONS, SPACES, EVALUATORS):
            entries = {
                name: [EntryPoint(name, value, registry.group)]
                for name, value in project["entry-points"][registry.group].items()
                if registry.group.removeprefix("proxyless.") in groups
            }
            patch.setitem(vars(registry), "_offered", entries)
        _forget()
        yield
    _forget()


def _forget() -> None:
    get_operation.cache_clear()
    get_evaluator.cache_clear()
