"""Short names for paths: the shortest endings that distinguish them."""

from collections.abc import Collection
from pathlib import Path


def path_names(paths: Collection[str]) -> dict[str, str]:
    """Return the shortest endings that distinguish paths; none begins with a plain number."""
    for parts in range(1, max(len(Path(path).parts) for path in paths) + 1):
        short = {path: Path(*Path(path).parts[-parts:]) for path in paths}
        distinct = len(set(short.values())) == len(paths)
        if distinct and not any(name.parts[0].isdecimal() for name in short.values()):
            return {path: str(name) for path, name in short.items()}
    return {path: path for path in paths}
