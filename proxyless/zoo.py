"""The architectures that come with the package."""

from importlib.resources import files

from search_spaces import Architecture, InputError


def names() -> tuple[str, ...]:
    """Return the names that :func:`load` takes."""
    folder = files("exported_models")
    return tuple(
        sorted(
            entry.name
            for entry in folder.iterdir()
            if entry.joinpath("architecture.json").is_file()
        )
    )


def load(name: str) -> Architecture:
    """Return a published architecture, such as ``proxyless_mobile``; its weights are fresh."""
    if name not in names():
        raise InputError(f"there is no model {name!r}: choose one of {', '.join(names())}")
    text = files("exported_models").joinpath(name, "architecture.json").read_text()
    return Architecture.from_json(text, name)
