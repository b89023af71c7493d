"""Memory of a model file, measured in a process of its own."""

import subprocess
import sys
from pathlib import Path

from ..model_file import SUFFIXES

PROBE = Path(__file__).with_name("memory_probe.py")


def peak_memory(file: Path, batch: int) -> int | None:
    """Return the bytes that opening and running a file adds to a process at its largest.

    None where the system (anything but Linux) or the file (inputs of an unusual type, neither ONNX
    nor TFLite) does not let that be measured.
    """
    if file.suffix not in SUFFIXES:
        return None
    command = [sys.executable, "-P", str(PROBE), str(file), str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return int(words[-1]) if done.returncode == 0 and words else None
