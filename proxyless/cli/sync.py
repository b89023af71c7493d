"""The option ``--sync``, and the settings of a search or a training that workers share."""

import os
from typing import Annotated

import typer

from search_spaces.errors import InputError

from ..distributed.environment import rank_and_size
from .config_sources import ConfigSources
from .settings_file import Plain

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


def sync_settings(sync: str | None, sources: ConfigSources) -> Plain:
    """Return the settings of the field ``sync``, from file and options.

    Raises:
        InputError: options that need others, or torchrun.
    """
    if sync not in (None, "none", "delayed"):
        raise InputError(f"`sync` {sync!r} is not none or delayed")
    settings, options = sources.under("sync"), sources.names_under("sync")
    in_file = "delayed" if sources.from_file.fields.get("sync") else None
    sync = sync or sources.from_file.sync or in_file
    if sync not in (None, "none", "delayed"):
        raise InputError(f"{sources.file} sets sync to {sync!r}, which is not none or delayed")
    if sync in (None, "none"):
        if options:
            raise InputError(
                f"`{options[0]}` is for workers that share the work: add --sync delayed"
            )
        return {"sync": None}
    if "delay" not in settings:
        raise InputError(
            "--sync delayed needs `delay`: 0 is synchronous; `proxyless plan` says what pays"
        )
    if "WORLD_SIZE" not in os.environ:
        raise InputError(
            "--sync delayed: start every worker with torchrun, as "
            "`torchrun --nnodes 4 --node-rank RANK --master-addr HOST --master-port PORT "
            "-m proxyless ...`"
        )
    _, workers = rank_and_size()
    return {"sync": {**settings, "workers": workers}}
