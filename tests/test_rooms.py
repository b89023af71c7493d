"""The documented architecture is the one that imports keep to."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
HOUSES = ("proxyless", "latency", "search_spaces", "proxyless.distributed")


def floors_of(house: str) -> list[set[str]]:
    (layers,) = (one["layers"] for one in CONTRACTS if one.get("containers") == [house])
    return [set(re.findall(r"\w+", floor)) for floor in layers]


def documented_floors(house: str) -> list[set[str]]:
    """The picture of a house: a code block whose first line is its name, a line a floor."""
    (block,) = re.findall(rf"^    {re.escape(house)}/\n((?:    .*\n)+)", PAGE, re.MULTILINE)
    lines = [line.strip().partition("  ")[0] for line in block.splitlines()]
    return [set(re.findall(r"\w+", line)) for line in lines]


@pytest.mark.parametrize("house", HOUSES)
def test_the_picture_shows_the_floors_that_imports_keep_to(house: str) -> None:
    assert documented_floors(house) == floors_of(house)


@pytest.mark.parametrize("house", HOUSES)
def test_every_room_is_on_a_floor(house: str) -> None:
    folder = ROOT / Path(*house.split("."))
    rooms = {
        entry.stem
        for entry in folder.iterdir()
        if (entry.suffix == ".py" or (entry / "__init__.py").exists()) and entry.stem[:2] != "__"
    }
    assert set().union(*floors_of(house)) == rooms


def test_what_the_tables_name_is_there() -> None:
    """Paths in the first column of a table are of files or folders below the last heading's."""
    missing, house = [], ""
    for line in PAGE.splitlines():
        if found := re.fullmatch(r"### `(.+)/`.*", line):
            house = found[1]
        if line.startswith("| `"):
            first = line.split("|")[1]
            names = re.findall(r"`([\w./]+)`", first)
            missing += [f"{house}/{name}" for name in names if not (ROOT / house / name).exists()]
    assert missing == []
    assert house
