"""Finished searches and trainings, with the settings and log lines that the report shows."""

from dataclasses import dataclass
from pathlib import Path

from search_spaces import InputError, Style
from search_spaces.schema import parse, read_json

from ..runs.phase_directory import CONFIG
from ..runs.results import (
    TRAINING_RESULT,
    SearchEpoch,
    SearchResult,
    TrainingEpoch,
    TrainingResult,
    read_epochs,
    read_search_result,
)
from .early_labels import style_of_label

Settings = dict[str, object]
"""A configuration as in its file; the report shows it without interpreting it."""


@dataclass(frozen=True)
class Search:
    """A finished search."""

    config: Settings
    epochs: list[SearchEpoch]
    result: SearchResult

    def style(self, label: str) -> Style:
        """Return the style of the candidates with a label."""
        styles = self.result.styles
        return style_of_label(label) if styles is None else styles[label]

    @property
    def learned(self) -> list[SearchEpoch]:
        """The epochs that learned architecture parameters; empty for a baseline."""
        first = self.epochs[0].probabilities
        moved = len(self.epochs) == 1 or any(epoch.probabilities != first for epoch in self.epochs)
        return [epoch for epoch in self.epochs if moved and epoch.phase == "search"]


@dataclass(frozen=True)
class Training:
    """A finished training."""

    config: Settings
    epochs: list[TrainingEpoch]
    result: TrainingResult


def load_search(folder: Path) -> Search | None:
    """Read RUN/search, or return None if no search has finished.

    Raises:
        InputError: one of its files is missing, damaged, or inconsistent with the others.
    """
    result = read_search_result(folder)
    if result is None:
        return None
    epochs = read_epochs(SearchEpoch, folder / "log.jsonl")
    widths = [len(labels) for labels in result.candidates]
    for line, epoch in enumerate(epochs, 1):
        if [len(row) for row in epoch.probabilities] != widths:
            raise InputError(
                f"{folder / 'log.jsonl'}, line {line}: probabilities do not fit the candidates "
                "of result.json"
            )
    return Search(_load_settings(folder), epochs, result)


def load_training(folder: Path) -> Training | None:
    """Read RUN/train, or return None if no training has finished.

    Raises:
        InputError: one of its files is missing or damaged.
    """
    path = folder / "result.json"
    if not path.is_file():
        return None
    result = TRAINING_RESULT.read(path)
    return Training(
        _load_settings(folder), read_epochs(TrainingEpoch, folder / "log.jsonl"), result
    )


def _load_settings(folder: Path) -> Settings:
    path = folder / CONFIG
    return parse(Settings, read_json(path, "configuration"), str(path))
