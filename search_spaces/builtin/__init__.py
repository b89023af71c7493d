"""The built-in spaces: an attribute of this module is the text of the TOML file of that name."""

from importlib.resources import files


def __getattr__(name: str) -> str:
    file = files(__package__) / f"{name}.toml"
    if not file.is_file():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return file.read_text()
