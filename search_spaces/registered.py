"""Spaces by name (built-in, or of an installed package) and from the user's files."""

from importlib.resources import files
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from .builtin import attribute
from .definition import SpaceDefinition
from .definition_sections import Input
from .errors import InputError
from .nearest import did_you_mean_path
from .outside import MEBIBYTE, read_text
from .registry import Registry
from .space import Space

SPACE_LIMIT = MEBIBYTE
"""Bytes of the largest TOML file of a space."""


@runtime_checkable
class Definition(Protocol):
    """A space that can be adapted to an input: offered by a package, or read from a TOML file."""

    @property
    def name(self) -> str:
        """The name in messages and files."""

    @property
    def input(self) -> Input:
        """The default size of input images."""

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
        """Return the space with every operation, its channels and resolution computed."""


def builtin_spaces() -> tuple[str, ...]:
    """Names of the built-in spaces."""
    folder = files("search_spaces") / "builtin"
    names = (Path(entry.name) for entry in folder.iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".toml"))


SPACES = Registry(
    "space",
    "proxyless.spaces",
    {name: f"search_spaces.builtin:{attribute(name)}" for name in builtin_spaces()},
)
"""Spaces by name: each is the text of a TOML file, or a :class:`Definition`."""


def space_names() -> tuple[str, ...]:
    """Names of all spaces: the built-in ones, then those of installed packages."""
    return SPACES.names()


def load_definition(source: str | Path) -> Definition:
    """Return the definition of a space by name, or from a TOML file.

    Raises:
        InputError: no such name or file, not TOML, or a field that is unknown, missing or wrong;
            the sentence names the file, the field and why.
    """
    name = str(source)
    if name not in space_names():
        return SpaceDefinition.from_toml(_read(Path(source)), source)
    space: object = SPACES.load_object(name)
    if isinstance(space, str):
        return SpaceDefinition.from_toml(space, name)
    if isinstance(space, type) or not isinstance(space, Definition):
        raise SPACES.fault(
            name,
            "is neither the text of a TOML file nor an object with `name`, `input`, `adapt` and "
            "`expand`",
        )
    return space


def load_space(source: str | Path) -> Space:
    """Read a space (see :func:`load_definition`) and expand it for its default input."""
    return load_definition(source).expand()


def _read(path: Path) -> str:
    if not path.is_file():
        near = did_you_mean_path(path, lambda file: file.suffix == ".toml", known=space_names())
        raise InputError(
            f"there is no space {path!s}{near}: name a TOML file or one of "
            f"{', '.join(space_names())}"
        )
    return read_text(path, "space", limit=SPACE_LIMIT)
