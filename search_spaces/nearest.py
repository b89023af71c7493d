"""What somebody may have meant by a name or a path that is not there."""

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path

MOST = 3
"""Names offered at once."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean A or B?)" for the known names that are spelled like ``name``.

    Capitals count for nothing. Empty where none is near.
    """
    spelled = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), spelled, MOST)
    return _question([spelled[one] for one in near])


def did_you_mean_path(
    path: Path,
    fits: Callable[[Path], bool] = Path.exists,
    *,
    folder: str | None = None,
    known: Iterable[str] = (),
) -> str:
    """Return " (did you mean A or B?)" for what exists and is spelled like a path that does not.

    The first part that does not exist is compared with what would lie beside it. Of a path that
    exists, and is not what is wanted, what lies in it is offered.

    Args:
        path: the path that was given.
        fits: whether a path is what is wanted.
        folder: where such things usually lie: a bare name is looked for there too.
        known: names that would do as well.
    """
    parts = path.parts
    exists = 0
    while exists < len(parts) and Path(*parts[: exists + 1]).exists():
        exists += 1
    if exists == len(parts):  # it is there, but does not fit: something inside it may
        return _question([_shown(one) for one in _entries(path) if fits(one)][:MOST])
    missing, rest = parts[exists], parts[exists + 1 :]
    places = [Path(*parts[:exists])]
    if folder is not None and len(parts) == 1:
        places.append(Path(folder))
    spelled: dict[str, list[str]] = {name.lower(): [name] for name in known if len(parts) == 1}
    for place in places:
        for entry in _entries(place):
            whole = entry.joinpath(*rest)
            if fits(whole):
                spelled.setdefault(entry.name.lower(), []).append(_shown(whole))
    near = difflib.get_close_matches(missing.lower(), spelled, MOST)
    return _question([shown for name in near for shown in spelled[name]][:MOST])


def _entries(folder: Path) -> list[Path]:
    """List a folder; nothing where that cannot be done: it only serves a hint."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []


def _shown(path: Path) -> str:
    return f"{path}/" if path.is_dir() else str(path)


def _question(near: list[str]) -> str:
    if not near:
        return ""
    *others, last = near
    names = f"{', '.join(others)} or {last}" if others else last
    return f" (did you mean {names}?)"
