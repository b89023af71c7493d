"""The version, in the one place where it is written: ``pyproject.toml`` reads it here."""

__version__ = "0.2.0"
"""The version of this package, as ``proxyless --version`` prints it."""
