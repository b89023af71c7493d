"""Virtual environments into which a wheel of ours is installed, and what runs in them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The source tree: nothing in an environment may find it."""
OURS = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV"}
"""Variables that would lead a process in an environment out of it."""

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Environment:
    """A virtual environment in a folder."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        """The script that a wheel of ours leaves in it."""
        return self.folder / "bin" / "proxyless"

    @property
    def site_packages(self) -> Path:
        """Where its packages lie."""
        (found,) = self.folder.glob("lib/python3*/site-packages")
        return found

    @property
    def packages(self) -> dict[str, str]:
        """The version of each package in it."""
        found = distributions(path=[str(self.site_packages)])
        return {one.metadata["Name"]: one.version for one in found}

    def run(self, *command: object, folder: Path) -> Done:
        """Run a command in a folder, as from a shell that knows of no other environment."""
        clean = {name: value for name, value in os.environ.items() if name not in OURS}
        clean["PYTHONNOUSERSITE"] = "1"
        clean["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{clean['PATH']}"
        words = [str(word) for word in command]
        return subprocess.run(words, cwd=folder, env=clean, capture_output=True, text=True)


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source distribution, and from it the wheel; returns both files.

    Raises:
        RuntimeError: it cannot be built.
    """
    _call("-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def install_wheel(environment: Environment, wheel: Path, check: bool = True) -> None:
    """Install a wheel alone, and check that the environment has all that it needs.

    Raises:
        RuntimeError: it cannot be installed, or something is missing.
    """
    pip(environment, "install", "--no-deps", "--no-index", wheel)
    if check:
        pip(environment, "check")


def pip(environment: Environment, command: str, *words: object) -> str:
    """Run pip for an environment, which needs none of its own; returns what it prints."""
    return _call("-m", "pip", "--quiet", "--python", environment.python, command, *words)


def _call(*words: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise RuntimeError(f"{' '.join(map(str, words))} failed:\n{said}")
    return done.stdout
