"""A phase of a run on disk: resolved configuration, log, checkpoint, result.

Files are replaced atomically or appended to, so that work can be resumed after a kill at any time.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search_spaces import InputError
from search_spaces.files import append, truncate, write_atomically
from search_spaces.schema import dump, read_json

from .checkpoint import State, load_checkpoint, save_checkpoint
from .differences import first_difference, with_newer_fields
from .former_names import with_current_names

CONFIG = "config.json"
LogLine = dict[str, Any]
"""The figures of an epoch by name, as JSON has them (docs/formats.md)."""


@dataclass(frozen=True)
class PhaseDirectory:
    """The folder of one phase (search or train) of a run."""

    path: Path

    @classmethod
    def start(cls, path: Path, config: object) -> "PhaseDirectory":
        """Create the folder, or reopen it if its work was begun by the same configuration.

        Raises:
            InputError: the folder belongs to another configuration; the sentence names the first
                difference.
        """
        if not cls.is_begun(path, config):
            content = json.dumps(dump(config), indent=1).encode()
            write_atomically(path / CONFIG, content)
        return cls(path)

    @staticmethod
    def is_begun(path: Path, config: object) -> bool:
        """Return whether the folder has work to continue, without changing it.

        Raises:
            InputError: it was begun by another configuration; the sentence names the first
                difference.
        """
        begun = (path / "checkpoint.pt").exists() or (path / "result.json").exists()
        if not (begun and (path / CONFIG).exists()):
            return False
        stored = read_json(path / CONFIG, "configuration")
        _check_same(with_newer_fields(with_current_names(stored), config), dump(config), path)
        return True

    @property
    def log_path(self) -> Path:
        """The log: a JSON object per line, a line per epoch."""
        return self.path / "log.jsonl"

    @property
    def _checkpoint_path(self) -> Path:
        return self.path / "checkpoint.pt"

    def log(self, record: LogLine) -> None:
        """Append a line to the log."""
        append(self.log_path, (json.dumps(record) + "\n").encode())

    def save(self, state: State) -> None:
        """Replace the checkpoint, which includes the current length of the log."""
        length = self.log_path.stat().st_size if self.log_path.exists() else 0
        save_checkpoint({**state, "log_length": length}, self._checkpoint_path)

    def load(self) -> State | None:
        """Return the checkpoint, or None if there is none; truncate the log to its epoch.

        Raises:
            InputError: the checkpoint is damaged or of another version.
        """
        if not self._checkpoint_path.exists():
            if self.log_path.exists():
                truncate(self.log_path, 0)
            return None
        state = load_checkpoint(self._checkpoint_path)
        if self.log_path.exists():
            truncate(self.log_path, state["log_length"])
        return state

    @property
    def result_path(self) -> Path:
        """The file that is written at the end of the phase."""
        return self.path / "result.json"

    @property
    def is_finished(self) -> bool:
        """Whether the phase has ended and its result exists."""
        return self.result_path.exists()


def _check_same(stored: object, resolved: object, path: Path) -> None:
    difference = first_difference(stored, resolved)
    if difference is not None:
        name, before, now = difference
        raise InputError(
            f"{path} was started with {name} = {before!r}, not {now!r}: give the same "
            f"options to continue it, delete it to start over, or work in another run directory"
        )
