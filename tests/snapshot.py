"""Comparison of text with a file in tests/snapshots, character by character.

``pytest --renew-snapshots`` rewrites the files; review the changes with git.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


@dataclass(frozen=True)
class Snapshots:
    """Compares text with files, or rewrites them."""

    renew: bool

    def check(self, name: str, text: str) -> None:
        path = FOLDER / f"{name}.txt"
        if self.renew:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is missing: pytest --renew-snapshots writes it"
        assert text == path.read_text(encoding="utf-8"), f"{path.name}: pytest --renew-snapshots"
