"""``proxyless zoo``: models with cards, an action each."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from latency import Settings
from search_spaces import Architecture, InputError
from search_spaces.schema import dump

from .. import zoo
from ..deploy.benchmark import ROUNDS
from ..deploy.export import FORMATS
from ..deploy.export.checks import INT8_DROP
from ..zoo.card import Latency
from ..zoo.page import PAGE
from . import options
from .output import show, show_json, show_rows
from .progress import working
from .zoo_output import LATENCIES, MODELS, show_card, show_verified

app = typer.Typer(
    name="zoo",
    help="Models with cards: those of the package, or of a folder of yours.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="Name of a model.")]
Folder = Annotated[
    Path | None, typer.Option("--zoo", help="Folder of models; without it, the package's own.")
]


@app.command("list")
def list_(folder: Folder = None, wide: options.Wide = False, json: options.Json = False) -> None:
    """List the models."""
    found = _zoo(folder)
    models = [(name, found.card(name), found.architecture(name)) for name in found.names]
    if json:
        show_json([_facts(*model) for model in models])
    else:
        show_rows(f"Models in {found.folder}", models, MODELS, wide)


def _facts(name: str, card: zoo.Card, architecture: Architecture) -> dict[str, object]:
    return {
        "model": name,
        "data": card.training.data if card.training else None,
        "test accuracy": card.training.test_accuracy if card.training else None,
        "parameters": architecture.parameters,
        "MACs": architecture.macs,
        "files": len(card.files),
    }


@app.command("show")
def show_(
    name: Name, folder: Folder = None, wide: options.Wide = False, json: options.Json = False
) -> None:
    """Show a model's card."""
    found = _zoo(folder)
    if json:
        show_json(dump(found.card(name)))
    else:
        page = found.path(name) / PAGE
        show_card(found.card(name), found.architecture(name), page, wide)


@app.command("add")
def add(
    run: options.Run,
    name: Annotated[str, typer.Argument(help="Name of the new model.")],
    folder: Annotated[Path, typer.Option("--zoo", help="Folder of models.")] = Path(
        "exported_models"
    ),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help=f"Again for each of {', '.join(FORMATS)}; default: all."),
    ] = None,
    max_drop: Annotated[
        float, typer.Option(help="Points of test accuracy that int8 may cost.")
    ] = INT8_DROP,
    data: Annotated[
        str | None, typer.Option(help="Where the images are now, if they have moved.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Export a trained run into a zoo, with its card, measured on this machine."""
    with working("zoo"):
        card = zoo.publish(
            run, name, folder, formats=formats or tuple(FORMATS), max_drop=max_drop, data=data
        )
    facts = {one.name: f"{one.bytes:,} bytes, {one.test_accuracy:.2%}" for one in card.files}
    show(f"{folder / name}", facts, json, dump(card))


@app.command("measure")
def measure(
    name: Name,
    folder: Folder = None,
    threads: options.Threads = 1,
    rounds: Annotated[int, typer.Option(help="Visits to each file in a process.")] = ROUNDS,
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """Benchmark a model on this machine, into its card."""
    with working("zoo"):
        card = zoo.measure(_zoo(folder), name, Settings(threads), rounds)
    if json:
        show_json([_measured(one) for one in card.latencies])
    else:
        show_rows(f"Milliseconds of {name}", card.latencies, LATENCIES, wide)


def _measured(one: Latency) -> dict[str, object]:
    return {
        "file": one.file,
        "runtime": one.times.runtime,
        "device": one.times.device,
        "best": one.times.best_ms,
    }


@app.command("verify")
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; default: all.")] = None,
    folder: Folder = None,
    data: Annotated[str | None, typer.Option(help="Their data set, to check accuracies.")] = None,
    json: options.Json = False,
) -> None:
    """Check that models are what their cards say: digests, architectures, logits, accuracies."""
    found = _zoo(folder)
    if not (names or found.names):
        raise InputError(f"{found.folder} holds no model to verify")
    verified = [zoo.verify(found, name, data) for name in names or found.names]
    if json:
        show_json([asdict(one) for one in verified])
    else:
        show_verified(verified)


@app.command("index")
def index(folder: Folder = None) -> None:
    """Write every card.md and the index again, from the cards' facts."""
    found = _zoo(folder)
    _ = found.names
    zoo.write_pages(found)


def _zoo(folder: Path | None) -> zoo.Zoo:
    return zoo.Zoo(folder) if folder is not None else zoo.Zoo.built_in()
