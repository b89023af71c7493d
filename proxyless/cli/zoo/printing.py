"""What `proxyless zoo` prints of models: a list, a card, what was measured and verified."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces import Architecture

from ...zoo import Card
from ...zoo.card import Latency, ModelEntry
from ..columns import Column
from ..console import show, show_rows
from ..formatting import percent

if TYPE_CHECKING:
    from ...zoo import Verified


@dataclass(frozen=True)
class Model:
    """A model of a zoo; ``missing`` is how many of the files that its card speaks of are missing.

    The architecture is None if it cannot be read here; ``fault`` says why.
    """

    name: str
    card: Card
    architecture: Architecture | None
    missing: int
    fault: str = ""


MODELS: tuple[Column[Model], ...] = (
    Column("model", lambda model: model.name, whole=True),
    Column("data", lambda model: model.card.training and model.card.training.data),
    Column("accuracy", lambda model: _accuracy(model.card), numeric=True),
    Column(
        "parameters", lambda model: _of(model, lambda network: network.parameters), numeric=True
    ),
    Column("MACs", lambda model: _of(model, lambda network: network.macs), numeric=True),
    Column("input", lambda model: _of(model, _shape), numeric=True, wide=True),
    Column(
        "classes",
        lambda model: _of(model, lambda network: network.classes),
        numeric=True,
        wide=True,
    ),
    Column("files", lambda model: _files(model)),
    Column("summary", lambda model: model.card.summary, wide=True),
)
FILES: tuple[Column[ModelEntry], ...] = (
    Column("file", lambda entry: entry.name, whole=True),
    Column("format", lambda entry: entry.format),
    Column("bytes", lambda entry: entry.bytes, numeric=True),
    Column("test accuracy", lambda entry: percent(entry.test_accuracy), numeric=True),
)
LATENCIES: tuple[Column[Latency], ...] = (
    Column("file", lambda latency: latency.file, whole=True),
    Column("runtime", lambda latency: latency.times.runtime, whole=True),
    Column("version", lambda latency: latency.times.version, wide=True),
    Column("device", lambda latency: latency.times.device),
    Column("threads", lambda latency: latency.times.settings.threads, numeric=True, wide=True),
    Column("batch", lambda latency: latency.times.settings.batch, numeric=True, wide=True),
    Column("dtype", lambda latency: latency.times.settings.dtype, wide=True),
    Column("best ms", lambda latency: latency.times.best_ms, numeric=True),
    Column("median ms", lambda latency: latency.times.median_ms, numeric=True, wide=True),
    Column("predicted ms", lambda latency: latency.predicted_ms, numeric=True),
    Column("on", lambda latency: latency.measured_on, wide=True),
)
VERIFIED: tuple[Column[tuple[str, str | None, float | None, float | None]], ...] = (
    Column("model", lambda row: row[0], whole=True),
    Column("file", lambda row: row[1] or "an architecture", whole=True),
    Column("logits within", lambda row: row[2] and f"{row[2]:.2g}", numeric=True),
    Column("test accuracy", lambda row: percent(row[3]), numeric=True),
)


def show_card(card: Card, architecture: Architecture, page: Path, wide: bool) -> None:
    """Print a model's card; ``page`` is where the rest is."""
    facts: dict[str, object] = {
        "summary": card.summary,
        "input": _shape(architecture),
        "classes": architecture.classes,
        "parameters": f"{architecture.parameters:,}",
        "MACs an image": f"{architecture.macs:,}",
        "network": " ".join(architecture.labels),
    }
    if card.training is not None:
        training = card.training
        facts |= {
            "trained on": f"{training.data}: {training.train_images:,} images, "
            f"{training.epochs} epochs",
            "test accuracy": f"{training.test_accuracy:.2%} of {training.test_images:,} images",
            "class names": ", ".join(training.class_names),
        }
    if card.published is not None:
        facts["published"] = f"{card.published.statement} ({card.published.source})"
    show(card.name, {**facts, "how it was made": page}, False)
    if card.files:
        show_rows("Files", card.files, FILES, wide)
    if card.latencies:
        show_rows("Measured", card.latencies, LATENCIES, wide)


def show_verified(verified: "Sequence[Verified]", unread: Sequence[str] = ()) -> None:
    """Print what was verified, a row a file, or a model that has none or that was not read."""
    rows: list[tuple[str, str | None, float | None, float | None]] = [
        (model.name, file, model.differences.get(file or ""), model.accuracies.get(file or ""))
        for model in verified
        for file in (*model.differences, *([] if model.differences else [None]))
    ]
    rows += [(name, "cannot be read", None, None) for name in unread]
    show_rows("Verified", rows, VERIFIED)


def _of(model: Model, take: Callable[[Architecture], object]) -> object:
    return None if model.architecture is None else take(model.architecture)


def _files(model: Model) -> object:
    if model.fault:
        return "cannot be read"
    return "absent" if model.missing else len(model.card.files) or None


def _shape(architecture: Architecture) -> str:
    return "x".join(map(str, architecture.input_shape))


def _accuracy(card: Card) -> str | None:
    return percent(card.training.test_accuracy if card.training else None)
