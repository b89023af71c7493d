"""An environment of exactly what a wheel says that it needs, made without a download.

The packages come from the environment that runs this: each of them is linked into a new, empty
environment, and nothing else is. What no requirement names is missing there, as it is where a user
installs.
"""

import os
import venv
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, PathDistribution, distribution, distributions
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


def wheel_requirements(wheel: Path, extra: str = "") -> list[str]:
    """Return what a wheel itself says that it needs, with one of its extras or none, for pip."""
    own = _metadata(wheel)
    found = [*_needed(own, ""), *(_needed(own, extra) if extra else ())]
    for one in found:
        one.marker = None  # it holds: pip, which is not told the extra, would deny it
    return list(dict.fromkeys(map(str, found)))


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
    """Link an installed distribution: folders of its own as a whole, or else file by file.

    Scripts, which lie elsewhere, are left out.
    """
    owners = _owners()
    for file in package.files or ():
        if file.parts[0] != "..":
            part = Path(file.parts[0]) if len(owners[file.parts[0]]) == 1 else file
            place = site_packages / part
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.is_symlink():
                os.symlink(str(package.locate_file(part)), place)


@cache
def _owners() -> Mapping[str, set[str]]:
    """Return which distributions, of all installed here, have files under each top-level name."""
    found: dict[str, set[str]] = {}
    for package in distributions():
        name = package.metadata["Name"]
        for line in (package.read_text("RECORD") or "").splitlines():
            found.setdefault(line.partition(",")[0].partition("/")[0], set()).add(name)
    return found


def _needed(package: Distribution, extra: str) -> Iterator[Requirement]:
    """Yield the requirements that hold on this machine, for one extra of a distribution."""
    for one in map(Requirement, package.requires or ()):
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            yield one


def _metadata(wheel: Path) -> Distribution:
    (folder,) = (one for one in zipfile.Path(wheel).iterdir() if one.name.endswith(".dist-info"))
    return PathDistribution(folder)
