"""Symbolic links in runs: a run may be one itself, but nothing in it may lead out of it."""

from pathlib import Path

from search_spaces import InputError


def check_inside(run: Path, path: Path) -> None:
    """Refuse to write to ``path``, which begins with ``run``, where a link leads out of the run.

    The run itself may be a link, to a larger disk say: whoever names it on the command line means
    what it leads to. Links in it may be somebody else's, and could name any folder of ours.

    Raises:
        InputError: a folder between the two is a link to a place outside of the run.
    """
    try:
        root = run.resolve()
        place = run
        for part in path.relative_to(run).parts:
            place = place / part
            if place.is_symlink() and not place.resolve().is_relative_to(root):
                raise InputError(
                    f"{place} is a symbolic link that leads out of the run, and is not written "
                    "through: remove it, or copy here what it names"
                )
    except (OSError, RuntimeError) as error:  # a loop of links
        raise InputError(f"{path} cannot be resolved: remove the links in it") from error
