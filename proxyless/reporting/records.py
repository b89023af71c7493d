"""What a run directory holds, as typed records; fields that other readers need are ignored."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from latency import Settings
from search_spaces import InputError
from search_spaces.schema import parse, read_json

from ..nas.health import Skips

T = TypeVar("T")


@dataclass(frozen=True)
class SearchEpoch:
    """One line of ``search/log.jsonl``: accuracies and probabilities are shares of 1."""

    phase: Literal["warmup", "search"]
    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    entropy: float
    confidence: float
    skip_probability: float
    expected_ms: float
    probabilities: list[list[float]]
    seconds: float


@dataclass(frozen=True)
class ParetoPoint:
    """One network of several along the time axis."""

    predicted_ms: float
    supernet_accuracy: float
    dominated: bool


@dataclass(frozen=True)
class Budget:
    """A limit that the derived network keeps, in ``unit``.

    ``derived`` is what the network takes, ``likeliest`` what the likeliest candidates of all blocks
    would together; None where nothing learned which are likely. ``aim`` is what is made of the
    limit: "hold", "fill" or "cap" (see ``proxyless.constraints.budget.Aim``). Early results
    say neither.
    """

    option: str
    unit: str
    limit: float
    derived: float
    aim: Literal["hold", "fill", "cap"] | None = None
    likeliest: float | None = None


@dataclass(frozen=True)
class SearchResult:
    """``search/result.json``: ``candidates[block]`` are labels, ``choices[block]`` an index.

    ``candidate_ms[block]`` are the milliseconds of the candidates; None in early results.

    ``profile``, ``device`` (a fingerprint), ``device_name``, ``runtime`` and ``settings`` say what
    latencies are of; early results have no ``device_name``. ``relative_error`` is how far latencies
    are off: the half width of the 90 % interval, None where the table states none.
    """

    predicted_ms: float
    target_ms: float | None
    fastest_ms: float
    slowest_ms: float
    converged: bool
    candidates: list[list[str]]
    choices: list[int]
    profile: str
    device: str
    runtime: str
    settings: Settings
    relative_error: float | None
    supernet_accuracy: float
    skips: Skips
    pareto: list[ParetoPoint]
    device_name: str | None = None
    budgets: list[Budget] = field(default_factory=list)
    candidate_ms: list[list[float]] | None = None
    max_peak_memory: float | None = None

    @property
    def device_label(self) -> str:
        """What to call the device: its name, or where that is not known its fingerprint."""
        return self.device_name or self.device


@dataclass(frozen=True)
class TrainEpoch:
    """One line of ``train/log.jsonl``."""

    epoch: int
    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class TrainResult:
    """``train/result.json``."""

    test_accuracy: float
    test_loss: float
    test_images: int
    class_names: list[str]


@dataclass(frozen=True)
class Search:
    """A finished search."""

    config: dict[str, Any]
    epochs: list[SearchEpoch]
    result: SearchResult

    @property
    def learned(self) -> list[SearchEpoch]:
        """The epochs in which the architecture moved: none of a baseline's."""
        first = self.epochs[0].probabilities
        moved = len(self.epochs) == 1 or any(one.probabilities != first for one in self.epochs)
        return [epoch for epoch in self.epochs if moved and epoch.phase == "search"]


@dataclass(frozen=True)
class Training:
    """A finished training."""

    config: dict[str, Any]
    epochs: list[TrainEpoch]
    result: TrainResult


def load_search(folder: Path) -> Search | None:
    """Read RUN/search, or return None where no search has finished."""
    if not (folder / "result.json").is_file():
        return None
    result = _load(SearchResult, folder / "result.json", "search")
    epochs = _load_lines(SearchEpoch, folder / "log.jsonl")
    widths = [len(labels) for labels in result.candidates]
    if len(result.choices) != len(widths) or not all(
        0 <= choice < width for choice, width in zip(result.choices, widths, strict=True)
    ):
        raise InputError(f"{folder / 'result.json'}: choices do not fit the candidates")
    for line, epoch in enumerate(epochs, 1):
        if [len(row) for row in epoch.probabilities] != widths:
            raise InputError(
                f"{folder / 'log.jsonl'}, line {line}: probabilities do not fit the candidates "
                "of result.json"
            )
    if result.candidate_ms is not None and [len(row) for row in result.candidate_ms] != widths:
        raise InputError(f"{folder / 'result.json'}: candidate_ms does not fit the candidates")
    return Search(_load_config(folder), epochs, result)


def load_training(folder: Path) -> Training | None:
    """Read RUN/train, or return None where no training has finished."""
    if not (folder / "result.json").is_file():
        return None
    result = _load(TrainResult, folder / "result.json", "train")
    return Training(_load_config(folder), _load_lines(TrainEpoch, folder / "log.jsonl"), result)


def _load(kind: type[T], path: Path, verb: str) -> T:
    try:
        return parse(kind, read_json(path, "file"), str(path))
    except InputError as error:
        raise InputError(
            f"{error}: it is damaged, or of another release; `proxyless {verb}` in another folder "
            "makes one that can be reported"
        ) from None


def _load_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    return parse(dict[str, Any], read_json(path, "configuration"), str(path))


def _load_lines(kind: type[T], path: Path) -> list[T]:
    if not path.is_file():
        raise InputError(f"log {path} does not exist")
    records = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        what = f"{path}, line {number}"
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{what} is not valid JSON: {error}") from None
        records.append(parse(kind, record, what))
    if not records:
        raise InputError(f"log {path} is empty")
    return records
