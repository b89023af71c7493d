"""A phase of a run on disk: resolved configuration, log, checkpoint, result.

Files are replaced atomically or appended to, so that work can be resumed after a kill at any time.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search_spaces import InputError
from search_spaces.files import append, remove_abandoned, sha256, truncate, write_atomically
from search_spaces.numbers import Count
from search_spaces.outside import MEBIBYTE, parse_json, read_bytes
from search_spaces.schema import dump, parse, read_json

from .checkpoint import State, damaged, load_checkpoint, save_checkpoint
from .differences import first_difference, shown, with_newer_fields
from .former_names import with_current_names
from .links import check_inside
from .origin import Origin
from .results.versioned import Digest

LOG = logging.getLogger("proxyless.runs")
CONFIG = "config.json"
LOG_LIMIT = 1024 * MEBIBYTE
"""Bytes of the longest log: a line an epoch, of some kilobytes."""
RECORDED = ("version", "log_length", "log_digest", "origin")
"""Keys of a checkpoint that are not the state of its loop."""
LogLine = dict[str, Any]
"""The figures of an epoch by name, as JSON has them (docs/formats.md)."""


@dataclass(frozen=True)
class PhaseDirectory:
    """The folder of one phase (search or train) of a run."""

    path: Path
    config: object = None
    origin: Origin | None = None

    @classmethod
    def start(cls, path: Path, config: object, origin: Origin | None = None) -> "PhaseDirectory":
        """Create the folder, or reopen it if its work was begun by the same configuration.

        ``origin`` is what the phase's state belongs to; checkpoints keep it.

        Raises:
            InputError: the folder belongs to another configuration; the sentence names the first
                difference. Or it is a link that leads out of the run.
        """
        check_inside(path.parent, path)
        remove_abandoned(path)
        remove_abandoned(path.parent)
        if not cls.is_begun(path, config):
            content = json.dumps(dump(config), indent=1).encode()
            write_atomically(path / CONFIG, content)
        return cls(path, config, origin)

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
        if not isinstance(stored, dict):
            raise InputError(
                f"configuration {path / CONFIG} holds no JSON object: restore it, or delete {path} "
                "to start over"
            )
        _check_same(with_newer_fields(with_current_names(stored), config), dump(config), path)
        return True

    @property
    def log_path(self) -> Path:
        """The log: a JSON object per line, a line per epoch."""
        return self.path / "log.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        """The state to continue from."""
        return self.path / "checkpoint.pt"

    def log(self, record: LogLine) -> None:
        """Append a line to the log."""
        append(self.log_path, (json.dumps(record) + "\n").encode())

    def save(self, state: State) -> None:
        """Replace the checkpoint, which includes its origin, and what the log is by now."""
        log = self._log()
        origin = {} if self.origin is None else {"origin": dump(self.origin)}
        length = {"log_length": len(log), "log_digest": sha256(log)}
        save_checkpoint({**state, **origin, **length}, self.checkpoint_path)

    def load(self) -> State | None:
        """Return the state in the checkpoint, or None if there is none.

        Nothing is changed: what the log holds beyond the checkpoint is cut by :meth:`cut_log`.

        Raises:
            InputError: the checkpoint is damaged, of another version, or of another origin; or the
                log is not the one that was there.
        """
        if not self.checkpoint_path.exists():
            return None
        state = load_checkpoint(self.checkpoint_path)
        record = _record_of(state, self.checkpoint_path)
        self._check_origin(record)
        self._check_log(record)
        return state

    def cut_log(self, state: State | None, epochs: int = 0) -> None:
        """Cut the log to where the checkpoint of a loaded state was made; to nothing for None.

        Further lines of the first ``epochs`` are kept: a worker that was killed between such a line
        and its checkpoint goes on from the checkpoint of another, which is of after that line.
        """
        if not self.log_path.exists():
            return
        length = 0 if state is None else state["log_length"]
        for line in self._log()[length:].splitlines(keepends=True):
            if not (line.endswith(b"\n") and _epoch_of(line, self.log_path) < epochs):
                break
            length += len(line)
        truncate(self.log_path, length)

    def _check_origin(self, record: "_Record") -> None:
        if self.origin is None:
            return
        if record.origin is None:
            LOG.info(
                "%s is of an earlier release, which did not note what it was begun with: its "
                "space, data and latencies are taken to be the same",
                self.checkpoint_path,
            )
            return
        record.origin.check(self.origin, self.config, self.checkpoint_path)

    def _check_log(self, record: "_Record") -> None:
        log = self._log()[: record.log_length]
        same = record.log_digest in (None, sha256(log))
        if len(log) < record.log_length or not same:
            raise InputError(
                f"log {self.log_path} is not the one that belongs to the checkpoint beside it: "
                f"restore both, delete {self.path} to start over, or work in another run directory"
            )

    def _log(self) -> bytes:
        exists = self.log_path.exists()
        return read_bytes(self.log_path, "log", LOG_LIMIT) if exists else b""

    @property
    def result_path(self) -> Path:
        """The file that is written at the end of the phase."""
        return self.path / "result.json"

    @property
    def is_finished(self) -> bool:
        """Whether the phase has ended and its result exists."""
        return self.result_path.exists()


@dataclass(frozen=True)
class _Record:
    """What a checkpoint says beside the state of its loop."""

    version: Count
    log_length: Count
    log_digest: Digest | None = None
    origin: Origin | None = None


def _epoch_of(line: bytes, path: Path) -> int:
    content = parse_json(line, f"a line of log {path}", infinite=True)
    return parse(Count, content.get("epoch") if isinstance(content, dict) else None, str(path))


def _record_of(state: State, path: Path) -> _Record:
    try:
        return parse(_Record, {name: state[name] for name in RECORDED if name in state}, "")
    except InputError as error:
        raise damaged(path, str(error)) from None


def _check_same(stored: object, resolved: object, path: Path) -> None:
    instead = "delete it to start over, or work in another run directory"
    networks = [one.get("architecture") for one in (stored, resolved) if isinstance(one, dict)]
    if len(networks) == 2 and networks[0] != networks[1]:
        raise InputError(
            f"{path} was started with another network than the run's architecture.json holds now: "
            f"restore that file to continue it, {instead}"
        )
    difference = first_difference(stored, resolved)
    if difference is not None:
        name, before, now = difference
        raise InputError(
            f"{path} was started with {name} = {shown(before)}, not {shown(now)}: give the same "
            f"options to continue it, {instead}"
        )
