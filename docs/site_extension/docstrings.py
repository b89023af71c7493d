"""Docstrings and signatures as our code writes them, made ready for Sphinx."""

from dataclasses import is_dataclass

import numpy as np
from numpy.typing import NDArray
from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util.typing import stringify_annotation

from search_spaces import Operation
from search_spaces.fields import Declared, declared

ALIASES = {
    "~search_spaces.Operation": Operation,
    "~numpy.typing.NDArray[~numpy.float64]": NDArray[np.float64],
    "~numpy.typing.NDArray[~numpy.int64]": NDArray[np.int64],
}

VALUES = ("attribute", "property")
"""Where napoleon would take the words before a colon for a type."""


def read_sections(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Read sections (Args, Raises) as napoleon does; say what a dataclass's fields mean."""
    if what == "class" and is_dataclass(thing):
        meanings = [f"    {one.name}: {meaning(one)}" for one in declared(thing) if one.meaning]
        lines += ["Args:", *meanings, ""] if meanings else []
    if what not in VALUES:
        lines[:] = GoogleDocstring(lines, Config(), app, what, name, thing).lines()


def meaning(field: Declared) -> str:
    """Return what a field is, and the words it may be."""
    return f"{field.meaning} ({', '.join(field.choices)})" if field.choices else field.meaning


def shorten(
    app: Sphinx,
    what: str,
    name: str,
    thing: object,
    options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Write unions and arrays by the names they have in our code."""
    for alias, meant in ALIASES.items():
        spelled = stringify_annotation(meant, "smart")
        signature = signature and signature.replace(spelled, alias)
        returned = returned and returned.replace(spelled, alias)
    return signature, returned
