"""A phase of a run on disk: resolved configuration, log, checkpoint, result.

Files are replaced whole or appended to, so a kill at any moment leaves a directory that resumes.
"""

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.schema import dump, read_json

CHECKPOINT_VERSION = 3
CONFIG = "config.json"
CHANGES_NO_RESULT = {"checkpoint_seconds"}
DAMAGE = (zipfile.BadZipFile, UnpicklingError, RuntimeError, ValueError, EOFError, OSError)
"""What reading a damaged zip raises; ValueErrors are file names that are no text."""


@dataclass(frozen=True)
class PhaseDirectory:
    """The folder of one phase (search or train) of a run."""

    path: Path

    @classmethod
    def start(cls, path: Path, config: Any) -> "PhaseDirectory":
        """Create the folder, or reopen it if its work was begun by the same configuration.

        Raises:
            InputError: the folder belongs to another configuration; names the first difference.
        """
        if not cls.is_begun(path, config):
            content = json.dumps(dump(config), indent=1).encode()
            write_atomically(path / CONFIG, content)
        return cls(path)

    @staticmethod
    def is_begun(path: Path, config: Any) -> bool:
        """Return whether the folder has work to continue, without touching it.

        Raises:
            InputError: another configuration began it; names the first difference.
        """
        begun = (path / "checkpoint.pt").exists() or (path / "result.json").exists()
        if not (begun and (path / CONFIG).exists()):
            return False
        _check_same(read_json(path / CONFIG, "configuration"), dump(config), path)
        return True

    @property
    def log_path(self) -> Path:
        """One JSON object a line, one line an epoch."""
        return self.path / "log.jsonl"

    @property
    def _checkpoint_path(self) -> Path:
        return self.path / "checkpoint.pt"

    def log(self, record: dict[str, Any]) -> None:
        """Append a line to the log."""
        with self.log_path.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def save(self, state: dict[str, Any]) -> None:
        """Replace the checkpoint; it remembers how long the log was."""
        length = self.log_path.stat().st_size if self.log_path.exists() else 0
        temporary = self._checkpoint_path.with_suffix(".partial")
        with temporary.open("wb") as file:
            torch.save({**state, "version": CHECKPOINT_VERSION, "log_length": length}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._checkpoint_path)

    def load(self) -> dict[str, Any] | None:
        """Return the checkpoint, or None where there is none yet; cut the log back to it.

        Raises:
            InputError: the checkpoint is damaged or of another version.
        """
        if not self._checkpoint_path.exists():
            if self.log_path.exists():
                os.truncate(self.log_path, 0)
            return None
        state = load_checkpoint(self._checkpoint_path)
        if self.log_path.exists():
            os.truncate(self.log_path, state["log_length"])
        return state

    def result(self) -> dict[str, Any] | None:
        """Return what :meth:`finish` wrote, or None while the phase is unfinished."""
        file = self.path / "result.json"
        return read_json(file, "result") if file.exists() else None

    def finish(self, result: dict[str, Any]) -> None:
        """Write the result."""
        write_atomically(self.path / "result.json", json.dumps(result, indent=1).encode())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint of ours; nothing in it is executed."""
    mend = "delete it to start this phase over"
    try:
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:
                raise zipfile.BadZipFile(damaged)
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"checkpoint {path} is damaged ({reason}): {mend}") from None
    if state.get("version") != CHECKPOINT_VERSION:
        raise InputError(
            f"checkpoint {path} has version {state.get('version')}; "
            f"this release reads {CHECKPOINT_VERSION}: {mend}"
        )
    return state


def _bare(data: Any) -> Any:
    return data.removeprefix("hub:") if isinstance(data, str) else data


def _check_same(stored: Any, resolved: Any, path: Path) -> None:
    difference = first_difference(stored, resolved)
    if difference is not None:
        name, was, now = difference
        raise InputError(
            f"{path} was started with {name} = {was!r}, not {now!r}: give the same "
            f"options to continue it, delete it to start over, or work in another run directory"
        )


def first_difference(stored: Any, resolved: Any, name: str = "") -> tuple[str, Any, Any] | None:
    """Return the first value that differs between plain data, its name before and now.

    What changes no result is no difference: how often checkpoints are kept, and how a data set of
    the hub is spelled.
    """
    if name in CHANGES_NO_RESULT or (name == "data" and _bare(stored) == _bare(resolved)):
        return None
    if isinstance(stored, dict) and isinstance(resolved, dict):
        pairs = [(key, stored.get(key), resolved.get(key)) for key in (*resolved, *stored)]
    elif isinstance(stored, list) and isinstance(resolved, list) and len(stored) == len(resolved):
        pairs = [(name, *pair) for pair in zip(stored, resolved, strict=True)]
    else:
        return None if stored == resolved else (name, stored, resolved)
    found = (first_difference(was, now, key) for key, was, now in pairs)
    return next((one for one in found if one is not None), None)
