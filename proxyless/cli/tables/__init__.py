"""``proxyless tables``: look into latency tables and work on them, a file an action."""

import typer

from . import (
    calibrating,
    checking,
    comparing,
    drawing,
    exporting,
    fitting,
    importing,
    listing,
    merging,
    plotting,
    showing,
)

app = typer.Typer(
    name="tables",
    help="Look into latency tables and work on them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("list")(listing.list_)
app.command("show")(showing.show_)
app.command("calibrate")(calibrating.calibrate)
app.command("check")(checking.check)
app.command("draw")(drawing.draw)
app.command("fit")(fitting.fit)
app.command("import")(importing.import_)
app.command("export")(exporting.export)
app.command("diff")(comparing.diff)
app.command("merge")(merging.merge)
app.command("plot")(plotting.plot)
