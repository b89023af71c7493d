"""A zoo: one folder a model, with its architecture, its card, and what can be deployed."""

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
    """The models in a folder; without one, those that come with the package."""

    folder: Path

    @classmethod
    def built_in(cls) -> "Zoo":
        """Return the zoo of the package."""
        with as_file(files("exported_models")) as folder:
            return cls(Path(folder))

    @property
    def names(self) -> tuple[str, ...]:
        """The models there are.

        Raises:
            InputError: the folder does not exist.
        """
        if not self.folder.is_dir():
            near = did_you_mean_path(self.folder, Path.is_dir)
            raise InputError(f"there is no folder {self.folder}{near}: name one that holds models")
        found = (entry.parent.name for entry in self.folder.glob("*/architecture.json"))
        return tuple(sorted(name for name in found if not name.startswith(".")))

    def path(self, name: str) -> Path:
        """Return the folder of a model.

        Raises:
            InputError: there is none of this name; lists those there are.
        """
        if name not in self.names:
            known, near = ", ".join(self.names) or "nothing", did_you_mean(name, self.names)
            raise InputError(f"there is no model {name!r} in {self.folder}{near}: it holds {known}")
        return self.folder / name

    def architecture(self, name: str) -> Architecture:
        """Return the architecture of a model."""
        return Architecture.load(self.path(name) / "architecture.json")

    def card(self, name: str) -> Card:
        """Return what is known of a model."""
        file = self.path(name) / FILE
        if not file.is_file():
            raise InputError(
                f"{file.parent} has no {FILE}, so it is no model of a zoo: "
                f"`proxyless zoo add RUN NAME` makes one of a trained run"
            )
        return Card.load(file)

    def network(self, name: str, fresh: bool = False) -> "Network":
        """Return a model in evaluation mode, with its trained weights, or with ``fresh`` ones.

        Raises:
            InputError: it has no trained weights and fresh ones were not asked for.
        """
        from ..weights import load_network  # and with it torch

        architecture, weights = self.architecture(name), self.path(name) / WEIGHTS
        if fresh:
            return architecture.build().eval()
        if not weights.exists():
            raise InputError(
                f"{name} is an architecture without trained weights: load it with fresh=True"
            )
        return load_network(architecture, weights)


def load(name: str, fresh: bool = False) -> "Network":
    """Return a network of the package's zoo: see :meth:`Zoo.network`."""
    return Zoo.built_in().network(name, fresh)


def load_architecture(name: str) -> Architecture:
    """Return an architecture of the package's zoo, such as ``proxyless_mobile``."""
    return Zoo.built_in().architecture(name)
