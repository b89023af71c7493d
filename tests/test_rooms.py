"""The documented architecture is the one that imports keep to, and names files that are there."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
CONTRACTS = {
    contract["containers"][0]: contract
    for contract in TOOLS["importlinter"]["contracts"]
    if "containers" in contract
}
PACKAGES = ("proxyless", "latency", "search_spaces", "proxyless.distributed")
FOUND_BY_THEIR_FOLDER = ("base.py", "registry.py")


def floors_of(package: str) -> list[set[str]]:
    return [set(re.findall(r"\w+", floor)) for floor in CONTRACTS[package]["layers"]]


def documented_floors(package: str) -> list[set[str]]:
    """The picture of a package: a code block whose first line is its name, a line a floor."""
    (block,) = re.findall(rf"^    {re.escape(package)}/\n((?:    .*\n)+)", PAGE, re.MULTILINE)
    lines = [line.strip().partition("  ")[0] for line in block.splitlines()]
    return [set(re.findall(r"\w+", line)) for line in lines]


def documented_paths() -> Iterator[Path]:
    """The paths in first columns of the tables below a heading that names a package's folder."""
    folder = None
    for line in PAGE.splitlines():
        if line.startswith("#"):
            heading = re.fullmatch(r"### `(.+)/`", line)
            folder = ROOT / heading[1] if heading else None
        if folder is not None and line.startswith("| `"):
            yield from (folder / name for name in re.findall(r"`([\w./]+)`", line.split("|")[1]))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_picture_shows_the_floors_that_imports_keep_to(package: str) -> None:
    assert documented_floors(package) == floors_of(package)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_that_is_on_no_floor_is_refused(package: str) -> None:
    assert CONTRACTS[package]["exhaustive"] is True


def test_what_the_tables_name_is_there() -> None:
    paths = list(documented_paths())
    assert len(paths) > 100
    assert [str(path) for path in paths if not path.exists()] == []


def test_every_file_is_in_a_table() -> None:
    """By its own name, or as a part of a folder that is named."""
    named = set(documented_paths())
    files = [file for package in PACKAGES[:3] for file in (ROOT / package).rglob("*.py")]
    left_out = [
        str(file.relative_to(ROOT))
        for file in files
        if not file.stem.startswith("__") and file.name not in FOUND_BY_THEIR_FOLDER
        if not {file, *file.parents} & named
    ]
    assert left_out == []


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of modules that import each other, whatever the way round.

    What imports nothing that is left, or is imported by nothing that is left, is in no circle:
    it is taken away until no such module is left.
    """
    left = {name: set(of) for name, of in imports.items()}
    while True:
        imported = set().union(*left.values()) if left else set()
        idle = {name for name, of in left.items() if not of or name not in imported}
        if not idle:
            break
        left = {name: of - idle for name, of in left.items() if name not in idle}
    reached = {name: _reachable(name, left) for name in left}
    found = {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in left
        if name in reached[name]
    }
    return sorted(map(set, found), key=sorted)


def _reachable(start: str, imports: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in imports[waiting.pop()] - seen:
            seen.add(name)
            waiting.append(name)
    return seen


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}, "d": set()}, [{"a", "b"}]),
        ({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": {"d"}}, ["abc", "de"]),
    ],
)
def test_circles_are_found(imports: dict[str, set[str]], expected: list[str]) -> None:
    assert circles(imports) == [set(group) for group in expected]


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports in functions count; those for annotations alone do not."""
    graph = grimp.build_graph(*PACKAGES[:3], exclude_type_checking_imports=True, cache_dir=None)
    imports = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    assert len(imports) > 300
    assert circles(imports) == []


def doors() -> list[str]:
    rows = PAGE.split("## Doors")[1].split("\n## ")[0].splitlines()
    return [row for row in rows if re.match(r"\| an? ", row)]


@pytest.mark.parametrize("row", doors())
def test_interfaces_are_where_the_page_says(row: str) -> None:
    places = re.findall(r"`([\w/]+\.py)`", row)
    classes = re.findall(r"`([A-Z]\w+)`", row)
    text = "".join((ROOT / place).read_text() for place in places)
    assert places
    assert classes
    assert all(re.search(rf"^class {name}\b", text, re.MULTILINE) for name in classes)


def test_every_group_of_entry_points_has_a_door() -> None:
    """Where a registry is made, its group is a text of its own."""
    files = (file for package in PACKAGES[:3] for file in (ROOT / package).rglob("*.py"))
    made = {
        group
        for text in (file.read_text() for file in files)
        if "Registry(" in text
        for group in re.findall(r'"(proxyless\.[a-z_]+)"', text)
    }
    documented = set(re.findall(r"`(proxyless\.[a-z_]+)` \|", "\n".join(doors())))
    assert documented == made
