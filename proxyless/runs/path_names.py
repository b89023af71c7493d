"""Short names for paths: as much of their ends as it takes to tell them apart."""

from collections.abc import Collection
from pathlib import Path


def path_names(paths: Collection[str]) -> dict[str, str]:
    """Return the shortest endings that tell paths apart; none begins with a bare number."""
    for parts in range(1, max(len(Path(path).parts) for path in paths) + 1):
        short = {path: Path(*Path(path).parts[-parts:]) for path in paths}
        told = len(set(short.values())) == len(paths)
        if told and not any(name.parts[0].isdecimal() for name in short.values()):
            return {path: str(name) for path, name in short.items()}
    return {path: path for path in paths}
