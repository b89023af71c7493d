"""Checks of an environment without any extra, run by its interpreter.

``python without_extras.py RUN IMAGES SPACE`` imports every module of the three packages, and uses
everything that needs an extra, each of which must end in a sentence that names the extra.
"""

import contextlib
import importlib
import io
import pkgutil
import sys
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

from proxyless.cli import main

OPTIONAL = (
    "ai_edge_litert",
    "ai_edge_quantizer",
    "litert_quantizer",
    "litert_torch",
    "tensorboard",
)


def import_all_modules() -> None:
    """Import every module; none may need an extra."""
    for package in ("search_spaces", "latency", "proxyless"):
        imported = importlib.import_module(package)
        for module in pkgutil.walk_packages(imported.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def needs(extra: str, *arguments: object) -> None:
    """Run a command that needs an extra, and check its error."""
    errors, status = io.StringIO(), None
    words = ["proxyless", *map(str, arguments)]
    with contextlib.redirect_stderr(errors), mock.patch.object(sys, "argv", words):
        try:
            main()
        except SystemExit as left:
            status = left.code
    assert status == 2, (words, status, errors.getvalue())
    sentence = " ".join(errors.getvalue().split())
    assert f"pip install 'proxyless[{extra}]'" in sentence, (words, sentence)
    assert sentence.count("needs the package") == 1, (words, sentence)


def main_of_script() -> None:
    """Check that no extra is installed, and use all of them."""
    run, images, space = map(Path, sys.argv[1:])
    present = [name for name in OPTIONAL if find_spec(name) is not None]
    assert not present, f"{present} should not be installed here"
    import_all_modules()
    (run / "other.tflite").write_bytes(b"\0\0\0\0TFL3")
    needs("tflite", "profile", "--runtime", "litert", "--space", space, "--data", images)
    needs("tflite", "export", run, "--format", "tflite")
    needs("tflite", "export", run, "--format", "tflite-int8")
    needs("tflite", "benchmark", run / "other.tflite")
    needs("tflite", "tables", "draw", "--space", space, "--format", "tflite", "drawn")
    assert not Path("drawn").exists(), "left behind"
    needs("tensorboard", "train", run, "--epochs", 2, "--tensorboard")


if __name__ == "__main__":
    main_of_script()
