"""A zoo: a folder per model, with its architecture, card, weights and deployable files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces import Architecture, InputError
from search_spaces.nearest import did_you_mean, did_you_mean_path

from .card import FILE, Card

if TYPE_CHECKING:
    from search_spaces import Network

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Zoo:
    """The models in a folder."""

    folder: Path

    @classmethod
    def built_in(cls) -> "Zoo":
        """Return the zoo of the package."""
        with as_file(files("exported_models")) as folder:
            return cls(Path(folder))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its models, sorted.

        Raises:
            InputError: the folder does not exist.
        """
        if not self.folder.is_dir():
            near = did_you_mean_path(self.folder, Path.is_dir)
            raise InputError(f"there is no folder {self.folder}{near}: name one that holds models")
        models = (entry.parent.name for entry in self.folder.glob("*/architecture.json"))
        return tuple(sorted(name for name in models if not name.startswith(".")))

    def path(self, name: str) -> Path:
        """Return the folder of a model.

        Raises:
            InputError: no model has this name; the sentence lists the known ones.
        """
        if name not in self.names:
            known, near = ", ".join(self.names) or "nothing", did_you_mean(name, self.names)
            raise InputError(f"there is no model {name!r} in {self.folder}{near}: it holds {known}")
        return self.folder / name

    def architecture(self, name: str) -> Architecture:
        """Return the architecture of a model."""
        return Architecture.load(self.path(name) / "architecture.json")

    def card(self, name: str) -> Card:
        """Return the card of a model."""
        file = self.path(name) / FILE
        if not file.is_file():
            raise InputError(
                f"{file.parent} has no {FILE}, so it is no model of a zoo: "
                f"`proxyless zoo add RUN NAME` makes one of a trained run"
            )
        return Card.load(file)

    def missing(self, name: str) -> tuple[str, ...]:
        """Return the missing files of a model, including its weights, that its card names."""
        card, folder = self.card(name), self.path(name)
        expected = [entry.name for entry in card.files] + [WEIGHTS] * (card.training is not None)
        return tuple(file for file in expected if not (folder / file).exists())

    def require_files(self, *names: str) -> None:
        """Check that every file named by the cards of these models exists.

        Raises:
            InputError: files are missing; the sentence says where to get them.
        """
        missing_files = {name: files for name in names if (files := self.missing(name))}
        if missing_files:
            raise self._missing_files(missing_files)

    def network(self, name: str, fresh: bool = False) -> "Network":
        """Return a model in evaluation mode, with its trained weights, or with ``fresh`` ones.

        Raises:
            InputError: it has no weights, or their file is missing, and ``fresh`` is not set.
        """
        from ..runs.weights import load_network  # imports torch

        architecture, weights = self.architecture(name), self.path(name) / WEIGHTS
        if fresh:
            return architecture.build().eval()
        if weights.exists():
            return load_network(architecture, weights)
        if self.card(name).training is not None:
            raise self._missing_files({name: (WEIGHTS,)})
        raise InputError(
            f"{name} is an architecture without trained weights: load it with fresh=True"
        )

    def _missing_files(self, files: Mapping[str, Sequence[str]]) -> InputError:
        if self == Zoo.built_in():
            return InputError(
                f"the trained files of {', '.join(files)} are not installed, as wheels leave them "
                f"out: copy exported_models/{next(iter(files))} from Proxyless's repository or "
                "source distribution into a folder, and name that folder, with --zoo FOLDER or "
                "in Python with load(NAME, folder=FOLDER)"
            )
        paths = ", ".join(f"{name}/{file}" for name, missing in files.items() for file in missing)
        return InputError(
            f"{self.folder} lacks {paths}, of which cards speak: copy what belongs there"
        )


def load(name: str, fresh: bool = False, folder: str | Path | None = None) -> "Network":
    """Return a network of the package's zoo, or of one in a folder: see :meth:`Zoo.network`."""
    return _zoo(folder).network(name, fresh)


def load_architecture(name: str, folder: str | Path | None = None) -> Architecture:
    """Return an architecture, such as ``proxyless_mobile``, of the package's zoo or a folder's."""
    return _zoo(folder).architecture(name)


def _zoo(folder: str | Path | None) -> Zoo:
    return Zoo.built_in() if folder is None else Zoo(Path(folder))
