"""Suggestions for a name or a path that does not exist."""

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path

MOST = 3
"""Names that are suggested at most."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean A or B?)" for the known names that are spelled like ``name``.

    Case is ignored. Empty if no name is similar.
    """
    by_spelling = {candidate.lower(): candidate for candidate in known}
    similar = difflib.get_close_matches(name.lower(), by_spelling, MOST)
    return _suggestion([by_spelling[spelling] for spelling in similar])


def did_you_mean_path(
    path: Path,
    fits: Callable[[Path], bool] = Path.exists,
    *,
    folder: str | None = None,
    known: Iterable[str] = (),
) -> str:
    """Return " (did you mean A or B?)" for existing paths that are spelled like a missing one.

    The first part that does not exist is compared with the entries of its parent. If the path
    exists but does not fit, fitting entries in it are suggested.

    Args:
        path: the path that was given.
        fits: whether a path may be suggested.
        folder: the usual parent of such paths, where a bare name is looked up too.
        known: names that are valid although they are no paths.
    """
    parts = path.parts
    existing = 0
    while existing < len(parts) and Path(*parts[: existing + 1]).exists():
        existing += 1
    if existing == len(parts):  # the path does not fit, but an entry in it may
        return _suggestion([_text_of(entry) for entry in _entries(path) if fits(entry)][:MOST])
    missing, following = parts[existing], parts[existing + 1 :]
    folders = [Path(*parts[:existing])]
    if folder is not None and len(parts) == 1:
        folders.append(Path(folder))
    by_spelling: dict[str, list[str]] = {name.lower(): [name] for name in known if len(parts) == 1}
    for parent in folders:
        for entry in _entries(parent):
            candidate = entry.joinpath(*following)
            if fits(candidate):
                by_spelling.setdefault(entry.name.lower(), []).append(_text_of(candidate))
    similar = difflib.get_close_matches(missing.lower(), by_spelling, MOST)
    return _suggestion([shown for name in similar for shown in by_spelling[name]][:MOST])


def _entries(folder: Path) -> list[Path]:
    """List a folder; empty if it cannot be read, because this only serves a suggestion."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []


def _text_of(path: Path) -> str:
    return f"{path}/" if path.is_dir() else str(path)


def _suggestion(similar: list[str]) -> str:
    if not similar:
        return ""
    *first_names, last = similar
    names = f"{', '.join(first_names)} or {last}" if first_names else last
    return f" (did you mean {names}?)"
