"""The released distributions are complete, small, and valid for package indexes."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from benchmarks.environment import build
from proxyless import __version__

ROOT = Path(__file__).parents[1]
TRAINED = (".onnx", ".tflite", ".safetensors")
Built = tuple[Path, Path]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The source distribution and the wheel."""
    return build(tmp_path_factory.mktemp("dist"))


def in_sdist(built: Built) -> set[str]:
    with tarfile.open(built[0]) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def in_wheel(built: Built) -> set[str]:
    with zipfile.ZipFile(built[1]) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_both_pass_twine(built: Built) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_version_is_written_once(built: Built) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert all(f"proxyless-{__version__}" in path.name for path in built)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert "version" not in yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_source_distribution_holds_whatever_git_keeps(built: Built) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("this is no checkout")
    kept = {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    assert not kept - in_sdist(built)


def test_the_source_distribution_has_all_to_test_and_to_build_from(built: Built) -> None:
    names = in_sdist(built)
    assert {
        "Makefile", "constraints.txt", "pyproject.toml", "LICENSE", "CHANGELOG.md", "CITATION.cff",
        "SECURITY.md", "CONTRIBUTING.md", "docs/latency-error.svg", "tests/conftest.py",
        "exported_models/digits_onnxruntime/weights.safetensors", "benchmarks/__main__.py",
    } <= names  # fmt: skip
    assert not {name for name in names if name.startswith((".venv/", "runs/", "tables/", "dist/"))}


def test_the_wheel_has_everything_but_what_was_trained(built: Built) -> None:
    names = in_wheel(built)
    assert not {name for name in names if name.endswith(TRAINED)}
    for package in ("proxyless", "latency", "search_spaces", "exported_models"):
        files = (path for path in (ROOT / package).rglob("*") if path.is_file())
        expected = {
            path.relative_to(ROOT).as_posix()
            for path in files
            if path.suffix not in (*TRAINED, ".pyc")
        }
        assert not expected - names, package


def test_the_wheel_is_small(built: Built) -> None:
    assert built[1].stat().st_size < 2e6
