"""An environment of exactly what a wheel says that it needs, made without a download.

The packages come from the environment that runs this: each file of each one is linked into a new,
empty environment. What no requirement names is missing there, as it is where a user installs.
"""

import os
import venv
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.environment import Environment, install_wheel

Found = dict[str, Distribution]


def linked_environment(folder: Path, wheel: Path, extra: str = "") -> Environment:
    """Make an environment of a wheel, with one of its extras or none, and of its requirements.

    pip installs the wheel itself, and checks at last that nothing is missing.

    Raises:
        PackageNotFoundError: a requirement is not installed here.
    """
    venv.create(folder, symlinks=True)
    environment = Environment(folder)
    for package in wheel_closure(wheel, extra).values():
        link_files(package, environment.site_packages)
    install_wheel(environment, wheel)
    return environment


def wheel_closure(wheel: Path, extra: str = "") -> Found:
    """Return the distributions, of those installed here, that a wheel needs: theirs included."""
    own = _metadata(wheel)
    name = canonicalize_name(own.metadata["Name"])
    return {
        other: package
        for other, package in closure([f"{name}[{extra}]"], {name: own}).items()
        if other != name
    }


def closure(requirements: Iterable[str], known: Mapping[str, Distribution]) -> Found:
    """Return what requirements need, by name: ``known`` distributions, or those installed here."""
    found: Found = {}
    asked = set()
    waiting = [Requirement(one) for one in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in found:
            found[name] = known[name] if name in known else distribution(name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in asked:
                asked.add((name, extra))
                waiting += _needed(found[name], extra)
    return found


def link_files(package: Distribution, site_packages: Path) -> None:
    """Link each file of an installed distribution; scripts, which lie elsewhere, are left out."""
    if package.files is None:
        raise RuntimeError(f"{package.metadata['Name']} keeps no list of its files")
    for file in package.files:
        if file.parts[0] != "..":
            place = site_packages / file
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.is_symlink():  # some share a file
                os.symlink(str(package.locate_file(file)), place)


def _needed(package: Distribution, extra: str) -> Iterator[Requirement]:
    """Yield the requirements that hold on this machine, for one extra of a distribution."""
    for one in map(Requirement, package.requires or ()):
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            yield one


def _metadata(wheel: Path) -> Distribution:
    (folder,) = (one for one in zipfile.Path(wheel).iterdir() if one.name.endswith(".dist-info"))
    return PathDistribution(folder)
