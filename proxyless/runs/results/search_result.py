"""``search/result.json``: what a search came to, for one device or for several."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from latency.timing.settings import Settings
from search_spaces import InputError, Style
from search_spaces.files import write_atomically
from search_spaces.schema import read_json

from ..former_names import FormerKeys, budget_of_today
from .versioned import Data, VersionedFile

Aim = Literal["match", "maximise", "at most"]
"""What a search makes of a limit: networks match it; they take as much of it as the other limits
leave; they take at most that."""


@dataclass(frozen=True)
class Skips:
    """How many blocks a network skips, beside random networks of the same budgets.

    Budgets force skips: what tells a collapse is a network with more of them than any of the
    random ones, which keep the same budgets and make the same use of them.
    """

    count: int
    optional: int
    random_least: int
    random_most: int
    collapsed: bool


@dataclass(frozen=True)
class BudgetResult:
    """A limit that the derived network keeps, in ``unit``; ``name`` is the field that sets it.

    ``derived`` is what the network takes, ``expected`` what networks take on average under the
    learned probabilities, ``likeliest`` what the likeliest candidates of all blocks would together;
    None where nothing learned which are likely. Early results say neither ``aim`` nor these two.
    """

    name: str
    unit: str
    limit: float
    derived: float
    aim: Aim | None = None
    expected: float | None = None
    likeliest: float | None = None


@dataclass(frozen=True)
class ParetoPoint:
    """One network of several along the time axis: choices, milliseconds, accuracy.

    ``limit_ms`` is what it had to keep, ``supernet_accuracy`` is by the supernet's weights. It is
    ``dominated`` where another one is as fast and more accurate, or faster and as accurate.
    """

    choices: list[int]
    limit_ms: float
    predicted_ms: float
    supernet_accuracy: float
    dominated: bool


@dataclass(frozen=True)
class SearchResult(FormerKeys):
    """The figures of a network that a search found for one device.

    ``architecture`` are the labels of its operations; ``candidates[block]`` those of a block's
    candidates, ``choices[block]`` an index into them, ``candidate_ms[block]`` their milliseconds;
    ``styles[label]`` is what they look like.
    ``predicted_ms`` is of the network, ``expected_ms`` of the learned distribution, ``fastest_ms``
    and ``slowest_ms`` of the space; ``target_ms`` was asked for, as a target or as a limit.
    ``confidence`` is the mean probability of the chosen candidates, ``entropy`` the mean over
    blocks, of a uniform choice's. ``profile``, ``device`` (a fingerprint), ``device_name``,
    ``runtime`` and ``settings`` say what milliseconds are of, ``relative_error`` how far they are
    off: the half width of the table's 90 % interval, None where the table states none.
    ``peak_memory`` is in bytes of activations. What early releases did not say is None.
    """

    architecture: list[str]
    predicted_ms: float
    expected_ms: float
    target_ms: float | None
    fastest_ms: float
    slowest_ms: float
    parameters: int
    macs: int
    entropy: float
    confidence: float
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
    pareto: list[ParetoPoint] = field(default_factory=list)
    budgets: list[BudgetResult] = field(default_factory=list)
    device_name: str | None = None
    candidate_ms: list[list[float]] | None = None
    styles: dict[str, Style] | None = None
    architecture_updates: int | None = None
    peak_memory: int | None = None
    max_peak_memory: float | None = None

    def __post_init__(self) -> None:
        widths = [len(labels) for labels in self.candidates]
        if len(self.choices) != len(widths) or not all(
            0 <= choice < width for choice, width in zip(self.choices, widths, strict=True)
        ):
            raise ValueError("choices do not fit the candidates")
        if self.candidate_ms is not None and [len(row) for row in self.candidate_ms] != widths:
            raise ValueError("candidate_ms does not fit the candidates")
        labels = {label for block in self.candidates for label in block}
        if self.styles is not None and not labels <= self.styles.keys():
            raise ValueError("styles do not fit the candidates")

    @property
    def device_label(self) -> str:
        """What to call the device: its name, or where that is not known its fingerprint."""
        return self.device_name or self.device


def _upgrade_first(content: Data) -> Data:
    """Return what version 1 says of its budgets in the words of version 2."""
    budgets = content.get("budgets")
    if not isinstance(budgets, list):
        return content
    today = [budget_of_today(one) if isinstance(one, dict) else one for one in budgets]
    return {**content, "budgets": today}


SEARCH_RESULT = VersionedFile(
    SearchResult,
    "proxyless.search-result",
    2,
    "search result",
    "`proxyless search` in another folder makes one that can be read",
    upgrades={1: _upgrade_first},
)
"""Version 1 did not say its version, and named limits by their options, aims by other words."""


def write_search_results(results: Sequence[SearchResult], path: Path) -> None:
    """Write the file of a search: one device's result, or ``devices`` with one of each."""
    heading: Data = {"format": SEARCH_RESULT.format, "version": SEARCH_RESULT.version}
    content = [SEARCH_RESULT.to_data(result) for result in results]
    if len(content) > 1:
        bare = [{key: result[key] for key in result if key not in heading} for result in content]
        content = [{**heading, "devices": bare}]
    write_atomically(path, (json.dumps(content[0], indent=1) + "\n").encode())


def read_search_results(path: Path) -> list[SearchResult]:
    """Read the file of a search: the result of every device.

    Raises:
        InputError: it does not exist, is damaged, or is of a version this release cannot read.
    """
    data = read_json(path, SEARCH_RESULT.called)
    if not isinstance(data, dict) or "devices" not in data:
        return [SEARCH_RESULT.from_data(data, str(path))]
    heading = {key: data[key] for key in ("format", "version") if key in data}
    devices = data["devices"]
    if not isinstance(devices, list) or not all(isinstance(device, dict) for device in devices):
        raise InputError(f"{path}, devices is no list of results; {SEARCH_RESULT.mend}")
    return [
        SEARCH_RESULT.from_data({**device, **heading}, f"{path}, device {number}")
        for number, device in enumerate(devices, 1)
    ]


def read_search_result(folder: Path) -> SearchResult | None:
    """Read what a search for one device left in ``RUN/search``; None where none has finished.

    Raises:
        InputError: it is damaged, or of a version this release cannot read.
    """
    path = folder / "result.json"
    return SEARCH_RESULT.read(path) if path.is_file() else None
