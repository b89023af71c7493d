"""Run directories: recognising them, and the runs of a search for several devices."""

from itertools import count, takewhile
from pathlib import Path

from search_spaces import Architecture, InputError
from search_spaces.nearest import did_you_mean_path
from search_spaces.plain_text import quoted

ARCHITECTURE = "architecture.json"
"""The file that holds the network of a run."""
RUNS = "runs"
"""The default folder of run directories."""


def device_folders(run: Path, devices: int) -> list[Path]:
    """Return the folder of each device's network within the run of a search."""
    return [run] if devices == 1 else [run / str(number) for number in range(1, devices + 1)]


def device_runs(run: Path) -> list[Path]:
    """Return the runs in a folder: itself, or one for each device of its search."""
    if not (run / ARCHITECTURE).exists():
        numbered = (run / str(number) for number in count(1))
        runs = list(takewhile(lambda folder: (folder / ARCHITECTURE).exists(), numbered))
        if len(runs) > 1:
            return runs
    return [run]


def is_begun(path: Path) -> bool:
    """Return whether a search or a training was begun in a folder."""
    return any((path / phase / "config.json").is_file() for phase in ("search", "train"))


def is_run(path: Path) -> bool:
    """Return whether a folder is a run directory, begun or finished."""
    return is_begun(path) or (path / ARCHITECTURE).is_file() or device_runs(path) != [path]


def check_run(run: Path) -> None:
    """Refuse a path that is no run directory; suggest similar ones, and those inside it."""
    if is_run(run):
        return
    if run.is_file():
        raise InputError(f"{run} is a file: name the run directory it lies in")
    near = did_you_mean_path(run, is_run, folder=RUNS)
    hint = near or f": `proxyless search --target-ms MS --out {quoted(run)}` makes one"
    if run.is_dir():
        raise InputError(
            f"{run} holds no {ARCHITECTURE}, search or training, so it is no run directory{hint}"
        )
    raise InputError(f"run directory {run} does not exist{hint}")


def check_one_device(run: Path) -> None:
    """Refuse the run of a search for several devices, which contains a run for each."""
    check_run(run)
    if len(device_runs(run)) > 1:
        raise InputError(f"{run} holds a network for each of several devices: name one, {run}/1")


def load_architecture(run: Path) -> Architecture:
    """Read the network of a run.

    Raises:
        InputError: the run has no network, or one for each of several devices.
    """
    check_one_device(run)
    if not (run / ARCHITECTURE).exists():
        raise InputError(
            f"{run} holds no {ARCHITECTURE}: its search has not finished; give the same "
            "`proxyless search` command again to continue it"
        )
    return Architecture.load(run / ARCHITECTURE)
