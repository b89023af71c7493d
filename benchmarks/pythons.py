"""The Pythons at hand that a wheel of ours may be installed on, and environments of them by pip."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from benchmarks.closure import wheel_requirements
from benchmarks.environment import ROOT, Environment, install_wheel, pip

OLDEST = (3, 11)
ACCELERATOR = re.compile(r"(nvidia|cuda)-")
"""Packages that make a torch one of gigabytes."""
Version = tuple[int, int]


def pythons() -> dict[Version, Path]:
    """Return an interpreter of each version, oldest first: this one, on the path, or pyenv's."""
    found = {sys.version_info[:2]: Path(sys.executable)}
    for path in _candidates():
        version = _version(path)
        if version is not None and version >= OLDEST:
            found.setdefault(version, path)
    return dict(sorted(found.items()))


def pip_environment(folder: Path, python: Path, wheel: Path, extra: str) -> Environment:
    """Install a wheel and what it needs, in the versions of the pinned set, with pip.

    Where pip would take a torch with the libraries of a GPU, several gigabytes, torch is left out.

    Raises:
        RuntimeError: pip fails, or finds afterwards that something is missing.
    """
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    environment = Environment(folder)
    wanted = wheel_requirements(wheel, extra)
    left_out = [one for one in wanted if _is_torch(one) and _brings_accelerator(environment, one)]
    kept = [one for one in wanted if one not in left_out]
    pip(environment, "install", "--constraint", ROOT / "constraints.txt", *kept)
    install_wheel(environment, wheel, check=not left_out)
    return environment


def _is_torch(requirement: str) -> bool:
    return Requirement(requirement).name == "torch"


def _brings_accelerator(environment: Environment, torch: str) -> bool:
    """Whether the torch that pip would take here needs packages for a GPU."""
    words = ("install", "--dry-run", "--no-deps", "--report", "-")
    said = pip(environment, *words, "--constraint", ROOT / "constraints.txt", torch)
    needed = (
        name
        for one in json.loads(said)["install"]
        for name in one["metadata"].get("requires_dist", [])
        if "extra ==" not in name
    )
    return any(ACCELERATOR.match(name) for name in needed)


def _candidates() -> Iterator[Path]:
    for minor in range(OLDEST[1], 20):
        on_path = shutil.which(f"python3.{minor}")
        if on_path is not None:
            yield Path(on_path)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob("versions/3.*/bin/python3"))


def _version(python: Path) -> Version | None:
    """Return a Python's version; None for what does not run, as pyenv's stand-ins do."""
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    major, minor = map(int, done.stdout.split())
    return major, minor
