"""The built wheel is installed into otherwise empty environments, and used outside the tree.

An import that no requirement declares, or that only an extra installs, fails only here, because the
environment of the other tests has all packages.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import MICRO, write_images

from benchmarks.closure import linked_environment
from benchmarks.environment import Environment, build
from proxyless import __version__
from search_spaces import Architecture, load_space

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("without_extras.py")
Install = Callable[[str], "Installed"]
FAST = ("--batch-size", 8, "--compute", "cpu")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution."""
    return build(tmp_path_factory.mktemp("dist"))[1]


class Installed:
    """An environment, and a folder outside the source tree with images and a space."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        write_images(folder / "images", (12, 12, 12))
        (folder / "micro.toml").write_text(MICRO)

    def proxyless(self, *arguments: object) -> str:
        """Run the installed script, which must succeed, and return its output."""
        done = self.environment.run(self.environment.command, *arguments, folder=self.folder)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def python(self, *arguments: object) -> str:
        """Run the environment's interpreter, which must succeed, and return its output."""
        done = self.environment.run(self.environment.python, *arguments, folder=self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def profile(self, *options: object) -> dict[str, float]:
        """Profile the space and return the printed result."""
        task = ("--space", "micro.toml", "--data", "images", "--table", "table.db")
        printed: dict[str, float] = json.loads(
            self.proxyless("profile", *task, "--rounds", 1, "--json", *options)
        )
        return printed

    def train(self, *options: object) -> Path:
        """Train a random network of the space."""
        run = self.folder / "run"
        run.mkdir()
        network = Architecture.random(load_space(self.folder / "micro.toml"), random.Random(0))
        network.save(run / "architecture.json")
        self.proxyless("train", run, "--data", "images", "--epochs", 1, *FAST, *options)
        return run


@pytest.fixture
def install(tmp_path: Path, wheel: Path) -> Iterator[Install]:
    """A function that installs into an empty environment, independent of the source tree."""

    def install_extra(extra: str) -> Installed:
        environment = linked_environment(tmp_path / "environment", wheel, extra)
        installed = Installed(environment, tmp_path)
        for package in ("proxyless", "latency", "search_spaces", "exported_models"):
            (location,) = installed.python(
                "-c", f"import {package} as p; print(p.__file__)"
            ).split()
            assert Path(location).resolve().is_relative_to(environment.folder.resolve())
        return installed

    yield install_extra
    shutil.rmtree(tmp_path / "environment", ignore_errors=True)  # some 20,000 links


def test_without_extras_everything_else_works(install: Install) -> None:
    installed = install("")
    assert installed.environment.packages["proxyless"] == __version__
    assert installed.proxyless("--version").split() == ["proxyless", __version__]
    assert "benchmark" in installed.proxyless("--help")
    assert "imagenet" in installed.proxyless("spaces")
    assert "digits_onnxruntime" in installed.proxyless("zoo", "list", "--json")
    printed = installed.profile()
    target = (printed["fastest_ms"] + printed["slowest_ms"]) / 2
    installed.proxyless(
        "search", "--space", "micro.toml", "--data", "images", "--table", "table.db",
        "--target-ms", target, "--out", "run", "--warmup-epochs", 1, "--epochs", 2,
        "--interval", 1, *FAST,
    )  # fmt: skip
    installed.proxyless("train", "run", "--epochs", 1, *FAST)
    installed.proxyless("export", "run")
    installed.proxyless("benchmark", "run/model.onnx", "--rounds", 1)
    installed.proxyless("report", "run")
    assert (installed.folder / "run" / "report.html").stat().st_size > 10_000
    installed.python(shutil.copy(SCRIPT, installed.folder), "run", "images", "micro.toml")


def test_the_extra_tflite_is_all_that_tflite_needs(install: Install) -> None:
    installed = install("tflite")
    assert "tensorboard" not in installed.environment.packages
    installed.profile("--runtime", "litert")
    run = installed.train()
    installed.proxyless("export", run, "--format", "tflite")
    installed.proxyless("export", run, "--format", "tflite-int8", "--max-drop", 100)
    files = (run / "model.tflite", run / "model-int8.tflite")
    installed.proxyless("benchmark", *files, "--rounds", 1)


def test_the_extra_tensorboard_is_all_that_logs_need(install: Install) -> None:
    installed = install("tensorboard")
    assert "ai-edge-litert" not in installed.environment.packages
    run = installed.train("--tensorboard")
    assert list(run.rglob("events.out.tfevents.*"))
