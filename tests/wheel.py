"""The wheel that users install, built from this tree."""

import sys
import venv
import zipfile
from pathlib import Path

from benchmarks.environment import build


def build_wheel(folder: Path) -> Path:
    """Build the wheel into a folder and return its path."""
    return build(folder)[1]


def unpack(wheel: Path, folder: Path) -> Path:
    """Unpack a wheel into a new environment, and return the environment's Python.

    Dependencies of the wheel are found where they are installed for this process; this source tree
    is not on the path.
    """
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    installed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (packages / "dependencies.pth").write_text("\n".join(installed))
    return folder / "bin" / "python"
