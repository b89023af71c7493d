"""The spaces that come with the package: TOML files, whose texts have the files' names here."""

from importlib.resources import files


def __getattr__(name: str) -> str:
    file = files(__package__) / f"{name}.toml"
    if not file.is_file():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return file.read_text()
