"""The command line: one file a verb, each of which parses, calls and prints.

Verbs are imported when they are run: help, and whatever computes nothing, starts at once.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from latency.timing.allocator import keep_freed_memory
from search_spaces.errors import InputError

from ..runs.command import running
from ..version import __version__
from .console_log import log_to_console
from .group import Lazy, group
from .last_resort import DEBUG, run_guarded
from .standard_streams import open_closed_streams

VERBS = {
    "profile": Lazy(
        "proxyless.cli.profile:profile",
        "Measure every operation of a space on a device into a latency table.",
    ),
    "search": Lazy(
        "proxyless.cli.search:search",
        "Search a network specialised for a device, within your budgets.",
    ),
    "train": Lazy(
        "proxyless.cli.train:train",
        "Train the network of a run from scratch, then test it once.",
    ),
    "export": Lazy(
        "proxyless.cli.export:export",
        "Export the trained network of a run, verified before it is left.",
    ),
    "benchmark": Lazy(
        "proxyless.cli.benchmark:benchmark",
        "Measure model files on this machine, the way tables are measured.",
    ),
    "report": Lazy(
        "proxyless.cli.report:report",
        "Write a self-contained HTML page about runs.",
    ),
    "spaces": Lazy(
        "proxyless.cli.spaces:spaces",
        "List the search spaces, or show one block by block.",
    ),
    "plan": Lazy(
        "proxyless.cli.plan:plan",
        "Say how fast workers train together over slow links.",
    ),
    "demo": Lazy(
        "proxyless.cli.demo:demo",
        "All of it, once: a network for this CPU, found, trained and measured.",
    ),
    "tables": Lazy("proxyless.cli.tables:app", "Look into latency tables and work on them."),
    "zoo": Lazy("proxyless.cli.zoo:app", "Models with cards: the package's, or a folder of yours."),
}

app = group(
    "proxyless",
    "Hardware-aware neural architecture search: profile a device, search a network for it "
    "under a latency budget, train it, export it, benchmark it.",
    VERBS,
)


def _show_version(asked: bool) -> None:
    if asked:
        from .console import print_lines

        print_lines([f"proxyless {__version__}"])
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Say which version this is."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Show the traceback of a fault; works behind a verb, too.")
    ] = False,
) -> None:
    """Take the options before the verb."""


def main() -> None:
    """Run the command line: status 2 for bad input, 130 for Ctrl-C, 70 for a fault of ours."""
    open_closed_streams()
    arguments = sys.argv[1:]
    keep_freed_memory()
    run_guarded(lambda: _run(arguments), arguments)


def _run(arguments: Sequence[str]) -> None:
    try:
        os.getcwd()
    except OSError:
        raise InputError("the current folder was deleted: change into one that exists") from None
    with running(arguments), log_to_console("proxyless"):
        app(args=[argument for argument in arguments if argument != DEBUG])
