"""The package that docs/extending.md shows is the one that the tests install."""

from pathlib import Path

import pytest
from offered import THIRD_PARTY

PAGE = Path(__file__).resolve().parents[2] / "docs/extending.md"
FILES = [path for path in sorted(THIRD_PARTY.rglob("*.*")) if path.suffix in (".py", ".toml")]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_the_page_shows_the_package(file: Path) -> None:
    if file.name != "__init__.py":
        name = file.relative_to(THIRD_PARTY)
        language = {".py": "python", ".toml": "toml"}[file.suffix]
        block = f"`{name}`:\n\n```{language}\n{file.read_text()}```\n"
        assert block in PAGE.read_text()


def test_there_are_files() -> None:
    assert len(FILES) == 7
