"""``proxyless zoo``: models with cards, an action each."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from latency import Settings
from search_spaces import InputError
from search_spaces.schema import dump

from .. import zoo
from ..deploy.benchmark import ROUNDS
from ..deploy.export import FORMATS
from ..deploy.export.checks import INT8_DROP
from ..zoo.page import card_page
from . import options
from .output import people, show, show_rows

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
def list_(folder: Folder = None, json: options.Json = False) -> None:
    """List the models."""
    found = _zoo(folder)
    rows = []
    for name in found.names:
        card, architecture = found.card(name), found.architecture(name)
        accuracy = card.training.test_accuracy if card.training else None
        rows.append(
            {
                "model": name,
                "data": card.training.data if card.training else None,
                "test accuracy": accuracy if json or accuracy is None else f"{accuracy:.2%}",
                "parameters": architecture.parameters if json else f"{architecture.parameters:,}",
                "MACs": architecture.macs if json else f"{architecture.macs:,}",
                "files": len(card.files),
            }
        )
    show_rows(f"Models in {found.folder}", rows, json)


@app.command("show")
def show_(name: Name, folder: Folder = None, json: options.Json = False) -> None:
    """Show a model's card."""
    found = _zoo(folder)
    if json:
        show("", {}, True, dump(found.card(name)))
    else:
        print(card_page(found.card(name), found.architecture(name)))


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
    with people.status("zoo"):
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
    json: options.Json = False,
) -> None:
    """Benchmark a model on this machine, into its card."""
    with people.status("zoo"):
        card = zoo.measure(_zoo(folder), name, Settings(threads), rounds)
    rows = [
        {
            "file": one.file,
            "runtime": one.times.runtime,
            "device": one.times.device,
            "best": one.times.best_ms,
        }
        for one in card.latencies
    ]
    show_rows(f"Milliseconds of {name}", rows, json)


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
        show("", {}, True, [asdict(one) for one in verified])
        return
    facts = {
        one.name: ", ".join(
            f"{file} within {difference:.2g}" for file, difference in one.differences.items()
        )
        or "an architecture"
        for one in verified
    }
    show("Verified", facts, False)


@app.command("index")
def index(folder: Folder = None) -> None:
    """Write every card.md and the index again, from the cards' facts."""
    found = _zoo(folder)
    _ = found.names
    zoo.write_pages(found)


def _zoo(folder: Path | None) -> zoo.Zoo:
    return zoo.Zoo(folder) if folder is not None else zoo.Zoo.built_in()
