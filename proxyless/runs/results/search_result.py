"""``search/result.json``: the results of a search for one device or for several."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from latency.timing.settings import Settings
from search_spaces import Architecture, InputError, Style
from search_spaces.files import write_atomically
from search_spaces.numbers import Count, Finite, Name, NonNegative, Share

from ..former_names import FormerKeys, current_budget
from .versioned import Data, VersionedFile

Aim = Literal["match", "maximise", "at most"]
"""How a search treats a limit: networks match it; they use as much of it as the other limits
permit; or they use at most that."""


MOST_BLOCKS, MOST_CANDIDATES = 10_000, 10_000
"""Blocks of a network, and candidates of a block, in a result that is read: spaces have tens."""
MOST_POINTS, MOST_BUDGETS = 1000, 100
"""Networks of a Pareto set, and budgets, in a result that is read."""
Labels = Annotated[list[Name], Field(max_length=MOST_CANDIDATES)]


@dataclass(frozen=True)
class Skips(FormerKeys):
    """How many blocks a network skips, compared with random networks of the same budgets.

    Budgets force skips, so a search counts as collapsed if its network has more of them than any
    of the random ones, which keep the same budgets and use them to the same extent.
    """

    count: Count
    optional: Count
    random_least: Count
    random_most: Count
    collapsed: bool


@dataclass(frozen=True)
class BudgetResult(FormerKeys):
    """A limit that the derived network keeps, in ``unit``; ``name`` is the field that sets it.

    ``derived`` is the cost of the network, ``expected`` the mean cost under the learned
    probabilities, ``likeliest`` the cost of the likeliest candidates of all blocks together; both
    are None if no probabilities were learned. Early results have neither these two nor ``aim``.
    """

    name: Name
    unit: Name
    limit: Finite
    derived: Finite
    aim: Aim | None = None
    expected: Finite | None = None
    likeliest: Finite | None = None

    @property
    def option(self) -> str:
        """The option of the command line that sets the limit: what release 0.2 called its name."""
        return "--" + self.name.replace("_", "-")

    def _keys(self) -> tuple[str, ...]:
        return (*super()._keys(), "option")


@dataclass(frozen=True)
class ParetoPoint(FormerKeys):
    """One network of the Pareto set: choices, milliseconds, accuracy.

    ``limit_ms`` is its limit on time, ``supernet_accuracy`` is measured with the supernet's
    weights. It is ``dominated`` if another network is as fast and more accurate, or faster and as
    accurate.
    """

    choices: Annotated[list[Count], Field(max_length=MOST_BLOCKS)]
    limit_ms: Finite
    predicted_ms: NonNegative
    supernet_accuracy: Share
    dominated: bool


@dataclass(frozen=True)
class SearchResult(FormerKeys):
    """The figures of a network that a search found for one device.

    ``architecture`` are the labels of its operations; ``candidates[block]`` those of a block's
    candidates, ``choices[block]`` an index into them, ``candidate_ms[block]`` their milliseconds;
    ``styles[label]`` is their style in pictures.
    ``predicted_ms`` is of the network, ``expected_ms`` of the learned distribution, ``fastest_ms``
    and ``slowest_ms`` of the space; ``target_ms`` is the target or limit of the search.
    ``confidence`` is the mean probability of the chosen candidates, ``entropy`` the mean over
    blocks, as a share of a uniform choice's. ``profile``, ``device`` (a fingerprint),
    ``device_name``, ``runtime`` and ``settings`` are the conditions of all milliseconds.
    ``relative_error`` is the half width of the table's 90 % interval as a share, None if the table
    has none.
    ``peak_memory`` is in bytes of activations. Fields that early releases did not write are None.
    """

    architecture: Labels
    predicted_ms: NonNegative
    expected_ms: NonNegative
    target_ms: Finite | None
    fastest_ms: NonNegative
    slowest_ms: NonNegative
    parameters: Count
    macs: Count
    entropy: Finite
    confidence: Finite
    converged: bool
    candidates: Annotated[list[Labels], Field(max_length=MOST_BLOCKS)]
    choices: Annotated[list[Count], Field(max_length=MOST_BLOCKS)]
    profile: Name
    device: Name
    runtime: Name
    settings: Settings
    relative_error: NonNegative | None = None
    supernet_accuracy: Share | None = None
    skips: Skips | None = None
    pareto: Annotated[list[ParetoPoint], Field(max_length=MOST_POINTS)] = field(
        default_factory=list
    )
    budgets: Annotated[list[BudgetResult], Field(max_length=MOST_BUDGETS)] = field(
        default_factory=list
    )
    device_name: Name | None = None
    candidate_ms: list[list[Finite]] | None = None
    styles: dict[Name, Style] | None = None
    architecture_updates: Count | None = None
    peak_memory: Count | None = None
    max_peak_memory: Finite | None = None

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
        """The device's name, or its fingerprint if the name is not known."""
        return self.device_name or self.device


def _upgrade_first(content: Data) -> Data:
    """Return data of version 1 with the names of version 2 for budgets."""
    budgets = content.get("budgets")
    if not isinstance(budgets, list):
        return content
    renamed = [current_budget(budget) if isinstance(budget, dict) else budget for budget in budgets]
    return {**content, "budgets": renamed}


SEARCH_RESULT = VersionedFile(
    SearchResult,
    "proxyless.search-result",
    2,
    "search result",
    "`proxyless search` in another folder makes one that can be read",
    upgrades={1: _upgrade_first},
)
"""Version 1 has no field ``version``, names limits by their options, and has other aims."""


def write_search_results(results: Sequence[SearchResult], path: Path) -> None:
    """Write the file of a search: one device's result, or ``devices`` with one of each."""
    heading: Data = {"format": SEARCH_RESULT.format, "version": SEARCH_RESULT.version}
    content = [SEARCH_RESULT.to_data(result) for result in results]
    if len(content) > 1:
        bare = [{key: result[key] for key in result if key not in heading} for result in content]
        content = [{**heading, "devices": bare}]
    write_atomically(path, (json.dumps(content[0], indent=1) + "\n").encode())


def read_search_result(folder: Path) -> SearchResult | None:
    """Read the result of a search for one device from ``RUN/search``; None if none has finished.

    Raises:
        InputError: it is damaged, or of a version this release cannot read.
    """
    path = folder / "result.json"
    return SEARCH_RESULT.read(path) if path.is_file() else None


def check_network(result: SearchResult, architecture: Architecture, run: Path) -> None:
    """Refuse the result of a search for another network than the one that a run holds.

    Raises:
        InputError: parameters or multiply-accumulates are others.
    """
    found = (result.parameters, result.macs)
    if found != (architecture.parameters, architecture.macs):
        raise InputError(
            f"{run / 'search' / 'result.json'} is of another network than architecture.json: "
            "restore both, or put the network into a run of its own"
        )
