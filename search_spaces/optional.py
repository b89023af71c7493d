"""Packages that only an extra brings: imported where they are used, or named in a sentence."""

from importlib import import_module
from typing import Any

from .errors import InputError


def optional(module: str, what: str, extra: str) -> Any:
    """Import and return a module of an optional package.

    Args:
        module: its full name, such as ``ai_edge_litert.interpreter``.
        what: what the user asked for that needs it; begins the sentence.
        extra: the extra of ours that installs it.

    Raises:
        InputError: it, or a package that it imports in turn, is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or module).partition(".")[0].replace("_", "-")
        raise not_installed(what, package, extra) from None


def not_installed(what: str, package: str, extra: str) -> InputError:
    """Return the error for a package that is missing: its sentence says what installs it."""
    return InputError(f"{what} needs the package {package}: pip install 'proxyless[{extra}]'")
