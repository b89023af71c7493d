"""The built-in spaces: an attribute of this module is the text of a TOML file.

Its name is that of the file with ``_`` for what an attribute cannot have, such as a hyphen.
"""

import re
from importlib.resources import files


def attribute(name: str) -> str:
    """Return the attribute of this module for the space called ``name``."""
    return re.sub(r"\W", "_", name)


def __getattr__(name: str) -> str:
    for file in files(__package__).iterdir():
        if file.name.endswith(".toml") and attribute(file.name.removesuffix(".toml")) == name:
            return file.read_text()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
