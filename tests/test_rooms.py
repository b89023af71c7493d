"""The documented architecture agrees with the contracts of import-linter."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
PACKAGES = ("proxyless", "latency", "search_spaces", "proxyless.distributed")


def layers_of(package: str) -> list[set[str]]:
    (layers,) = (
        contract["layers"] for contract in CONTRACTS if contract.get("containers") == [package]
    )
    return [set(re.findall(r"\w+", layer)) for layer in layers]


def documented_layers(package: str) -> list[set[str]]:
    """Return the picture of a package: a code block of its name and a line per layer."""
    (block,) = re.findall(rf"^    {re.escape(package)}/\n((?:    .*\n)+)", PAGE, re.MULTILINE)
    lines = [line.strip().partition("  ")[0] for line in block.splitlines()]
    return [set(re.findall(r"\w+", line)) for line in lines]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_picture_shows_the_layers_of_the_import_contract(package: str) -> None:
    assert documented_layers(package) == layers_of(package)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_is_in_a_layer(package: str) -> None:
    folder = ROOT / Path(*package.split("."))
    modules = {
        entry.stem
        for entry in folder.iterdir()
        if (entry.suffix == ".py" or (entry / "__init__.py").exists()) and entry.stem[:2] != "__"
    }
    assert set().union(*layers_of(package)) == modules


def test_what_the_tables_name_is_there() -> None:
    """Paths in the first column of a table are relative to the folder of the last heading."""
    missing, package = [], ""
    for line in PAGE.splitlines():
        if heading := re.fullmatch(r"### `(.+)/`.*", line):
            package = heading[1]
        if line.startswith("| `"):
            first = line.split("|")[1]
            names = re.findall(r"`([\w./]+)`", first)
            missing += [
                f"{package}/{name}" for name in names if not (ROOT / package / name).exists()
            ]
    assert missing == []
    assert package
