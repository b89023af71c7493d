"""What the command line says of a search or a training that workers share."""

import os
from typing import Annotated, Any

import typer

from search_spaces.errors import InputError

from .given import Given

SECTION = "Workers that share the work"
Sync = Annotated[
    str | None,
    typer.Option(
        "--sync",
        metavar="[none|delayed]",
        help="delayed: share the work with the workers torchrun started.",
        show_default="none",
        rich_help_panel=SECTION,
    ),
]


def sync_settings(sync: str | None, given: Given) -> dict[str, Any]:
    """Return the settings of the field ``sync``, as file and options say.

    Raises:
        InputError: options that need others, or torchrun.
    """
    if sync not in (None, "none", "delayed"):
        raise InputError(f"`sync` {sync!r} is not none or delayed")
    found, said = given.under("sync"), given.names_under("sync")
    in_file = "delayed" if given.from_file.fields.get("sync") else None
    sync = sync or given.from_file.sync or in_file
    if sync not in (None, "none", "delayed"):
        raise InputError(f"{given.file} sets sync to {sync!r}, which is not none or delayed")
    if sync in (None, "none"):
        if said:
            raise InputError(f"`{said[0]}` is for workers that share the work: add --sync delayed")
        return {"sync": None}
    if "delay" not in found:
        raise InputError(
            "--sync delayed needs `delay`: 0 is synchronous; `proxyless plan` says what pays"
        )
    if "WORLD_SIZE" not in os.environ:
        raise InputError(
            "--sync delayed: start every worker with torchrun, as "
            "`torchrun --nnodes 4 --node-rank RANK --master-addr HOST --master-port PORT "
            "-m proxyless ...`"
        )
    return {"sync": {**found, "workers": int(os.environ["WORLD_SIZE"])}}
