"""The sections about a run's network, its search and its training."""

from collections.abc import Iterator, Mapping

from search_spaces import Architecture

from ..runs.results import SearchResult, Skips
from .commands import search_command, train_command
from .curves import draw_search, draw_training
from .derivation import Derivation
from .drawing import draw_network
from .formatting import (
    NOTHING,
    duration,
    milliseconds,
    percent,
    plural,
    pretty,
    shape_text,
    with_error,
)
from .history import draw_history
from .pareto import draw_pareto
from .paths import draw_paths
from .records import Search
from .run import Run
from .section import Section, Table, missing_section, without_empty

CHOICE_HEADERS = (
    "block", "operation", "ms", "final probability",
    "likelier", "its ms", "its probability",
)  # fmt: skip


def network_section(architecture: Architecture) -> Section:
    """Draw the network and list its operations."""
    rows = [
        (
            str(number),
            pretty(operation.label),
            shape_text(operation.output_shape),
            f"{operation.parameters:,}",
            f"{operation.macs:,}",
        )
        for number, operation in enumerate(architecture.operations, 1)
    ]
    table = Table("All operations", ("no.", "operation", "output", "parameters", "MACs"), rows)
    return Section("Network", (), (draw_network(architecture),), (table,))


def search_section(run: Run) -> Section:
    """Show the search that found the network."""
    title, search = "Search", run.search
    if search is None:
        return missing_section(title, search_command(run))
    result = search.result
    sentences = [
        f"{plural(len(search.epochs), 'epoch')} in "
        f"{duration(sum(epoch.seconds for epoch in search.epochs))}. Networks of the space take "
        f"{milliseconds(result.fastest_ms)} to {milliseconds(result.slowest_ms)}; the derived one "
        f"is predicted to take {with_error(result.predicted_ms, result.relative_error)}"
        f"{_against_target(run)}.",
        f"Latencies are of {result.profile}.{_interval(result)}",
    ]
    if not result.converged:
        sentences.append(
            "The search had not converged: some blocks were still undecided when it ended. "
            "More epochs would settle them."
        )
    derivation = Derivation.of(search)
    if derivation is not None:
        sentences.append(derivation.sentence)
    if result.skips is not None:
        sentences.append(_skips(result.skips))
    optional = (draw_history(search), draw_paths(search), draw_pareto(search))
    pictures = [*filter(None, optional), *draw_search(search)]
    return Section(
        title, sentences, pictures, (_choices(search), settings("Search", search.config))
    )


def training_section(run: Run) -> Section:
    """Show the training of the final network and its accuracy."""
    title, training = "Training", run.training
    if training is None:
        return missing_section(title, train_command(run))
    result = training.result
    sentences = (
        f"{percent(result.test_accuracy)} of {plural(result.test_images, 'test image')} right, "
        f"test loss {result.test_loss:.3g}, after {plural(len(training.epochs), 'epoch')} in "
        f"{duration(sum(epoch.seconds for epoch in training.epochs))}.",
    )
    names = [(str(number), name) for number, name in enumerate(result.class_names)]
    tables = (
        settings("Training", training.config),
        Table(f"Classes ({len(names)})", ("no.", "name"), names),
    )
    return Section(title, sentences, (draw_training(training),), tables)


def _skips(skips: Skips) -> str:
    counted = (
        f"The network skips {skips.count} of {plural(skips.optional, 'optional block')}; random "
        f"networks of the same budgets skip {skips.random_least} to {skips.random_most}."
    )
    return f"{counted} The search has collapsed to skips." if skips.collapsed else counted


def _interval(result: SearchResult) -> str:
    if result.relative_error is None:
        return " The table states no error."
    return f" 9 in 10 later measurements are within {100 * result.relative_error:.1f} %."


def _against_target(run: Run) -> str:
    if run.target_ms is None:
        return ""
    return f"; the {'limit' if run.is_limit else 'target'} was {milliseconds(run.target_ms)}"


def settings(title: str, config: Mapping[str, object]) -> Table:
    """List the settings of a resolved configuration."""
    return Table(f"{title} settings", ("setting", "value"), list(_flatten(config)))


def _flatten(config: Mapping[str, object], group: str = "") -> Iterator[tuple[str, str]]:
    for key, value in config.items():
        name = f"{group}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{name}: ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            numbered = {str(number): element for number, element in enumerate(value, 1)}
            yield from _flatten(numbered, f"{name} ")
        else:
            yield name, _setting(value)


def _choices(search: Search) -> Table:
    """List each block's candidate, and a likelier one that the budget ruled out."""
    result, derivation = search.result, Derivation.of(search)
    likelier = derivation.likelier if derivation else {}
    rows = []
    for block, choice in enumerate(result.choices):
        facts = _candidate(search, block, choice)
        likelier_choice = likelier.get(block)
        beside = (
            (None,) * len(facts)
            if likelier_choice is None
            else _candidate(search, block, likelier_choice)
        )
        rows.append((str(block + 1), *facts, *beside))
    return Table("Choices", *without_empty(CHOICE_HEADERS, rows, NOTHING))


def _candidate(search: Search, block: int, place: int) -> tuple[str | None, ...]:
    """Return a candidate's name, its milliseconds if known, and its final probability."""
    result = search.result
    ms = None if result.candidate_ms is None else f"{result.candidate_ms[block][place]:.4g}"
    probability = f"{search.epochs[-1].probabilities[block][place]:.3f}"
    return pretty(result.candidates[block][place]), ms, probability


def _setting(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(str(element) for element in value)
    return str(value)
