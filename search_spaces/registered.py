"""Spaces by name: the built-in ones, those of installed packages, and files of the user's."""

from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from .definition import SpaceDefinition
from .definition_sections import Input
from .errors import InputError
from .nearest import did_you_mean_path
from .registry import Registry
from .space import Space


@runtime_checkable
class Definition(Protocol):
    """A space before its input is known: what a package offers, and what a TOML file says."""

    @property
    def name(self) -> str:
        """A name for messages and files."""

    @property
    def input(self) -> Input:
        """The images that it is for, unless told otherwise."""

    def adapt(
        self,
        *,
        channels: int | None = None,
        resolution: int | None = None,
        classes: int | None = None,
        width_multiplier: float | None = None,
    ) -> Self:
        """Return the same space for another input, number of classes or width."""

    def expand(self) -> Space:
        """Return every operation of the space, with channels and resolutions worked out."""


def builtin_spaces() -> tuple[str, ...]:
    """Names of the spaces that come with the package."""
    folder = files("search_spaces") / "builtin"
    names = (Path(entry.name) for entry in folder.iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".toml"))


SPACES = Registry(
    "space",
    "proxyless.spaces",
    {name: f"search_spaces.builtin:{name}" for name in builtin_spaces()},
)
"""What spaces have names: each is the text of a TOML file, or a :class:`Definition`."""


def space_names() -> tuple[str, ...]:
    """Names of all spaces that have one: ours, then those of installed packages."""
    return SPACES.names()


def load_definition(source: str | Path) -> Definition:
    """Read a space by name or from a TOML file of the user's.

    Raises:
        InputError: no such name or file, not TOML, or a field that is unknown, missing or wrong;
            the sentence names the file, the field and why.
    """
    name = str(source)
    if name not in space_names():
        return SpaceDefinition.from_toml(_read(Path(source)), source)
    found: Any = SPACES.load_object(name)
    if isinstance(found, str):
        return SpaceDefinition.from_toml(found, name)
    if isinstance(found, type) or not isinstance(found, Definition):
        raise InputError(
            f"space {name!r} is neither the text of a TOML file nor an object with `name`, "
            "`input`, `adapt` and `expand`: mend or uninstall its package"
        )
    return found


def load_space(source: str | Path) -> Space:
    """Read a space (see :func:`load_definition`) and expand it as it stands."""
    return load_definition(source).expand()


def _read(path: Path) -> str:
    if not path.is_file():
        near = did_you_mean_path(path, lambda one: one.suffix == ".toml", known=space_names())
        raise InputError(
            f"there is no space {path!s}{near}: name a TOML file or one of "
            f"{', '.join(space_names())}"
        )
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise InputError(f"space {path} is not a text file") from None
