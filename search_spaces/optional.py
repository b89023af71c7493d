"""Packages that belong to an extra: imported on use, or named in an error if missing."""

from importlib import import_module
from types import ModuleType

from .errors import InputError


def optional(module: str, feature: str, extra: str) -> ModuleType:
    """Import and return a module of an optional package.

    Args:
        module: its full name, such as ``ai_edge_litert.interpreter``.
        feature: the feature that needs the module; begins the error's sentence.
        extra: the extra of this package that installs it.

    Raises:
        InputError: the package, or one that it imports, is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or module).partition(".")[0].replace("_", "-")
        raise not_installed(feature, package, extra) from None


def not_installed(feature: str, package: str, extra: str) -> InputError:
    """Return the error for a missing package; its sentence gives the command that installs it."""
    return InputError(f"{feature} needs the package {package}: pip install 'proxyless[{extra}]'")
