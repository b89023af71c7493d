"""Docstrings and signatures as our code writes them, made ready for Sphinx."""

import numpy as np
from numpy.typing import NDArray
from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.util.typing import stringify_annotation

from search_spaces import Operation

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
    """Read the sections of a docstring (Args, Returns, Raises) as napoleon does."""
    if what not in VALUES:
        lines[:] = GoogleDocstring(lines, Config(), app, what, name, thing).lines()


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
