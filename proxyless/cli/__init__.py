"""The command line: one file a verb, each of which parses, calls and prints."""

import sys

import typer

from latency.allocator import keep_freed_memory
from search_spaces import InputError

from . import benchmark, demo, export, plan, profile, report, search, spaces, train
from .output import fail, spoken_words
from .tables import app as tables
from .zoo import app as zoo

app = typer.Typer(
    name="proxyless",
    help=(
        "Hardware-aware neural architecture search: profile a device, search a network for it "
        "under a latency budget, train it, export it, benchmark it."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _verb in (profile, search, train, export, benchmark, report, spaces, plan, demo):
    app.command()(getattr(_verb, _verb.__name__.rsplit(".", 1)[1]))
app.add_typer(tables)
app.add_typer(zoo)


def main() -> None:
    """Run the command line: status 2 for bad input, 130 for Ctrl-C."""
    keep_freed_memory()
    try:
        with spoken_words("proxyless.data"):
            app()
    except InputError as error:
        fail(str(error), 2)
    except KeyboardInterrupt:
        fail("interrupted: profile, search and train continue when given again", 130)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        fail(f"{error.filename}: {error.strerror}", 2)
