"""Options that several short verbs share, each declared once: here, or by a configuration's field.

The long verbs' options are all made of their configurations (see ``config_options``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.models import OptionInfo

from latency.prediction.profile_query import ProfileQuery
from latency.timing.settings import Settings
from search_spaces import InputError
from search_spaces.fields import declared

from ..config import HostConfig, SpaceConfig, TaskConfig
from ..config.quantity import quantity as read_quantity
from .plugins import with_names

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def option_of(config: "type[DataclassInstance]", name: str) -> OptionInfo:
    """Return the option of a configuration's field: its meaning, its choices."""
    (declaration,) = (with_names(field) for field in declared(config) if field.name == name)
    option: OptionInfo = typer.Option(
        f"--{name.replace('_', '-')}",
        help=declaration.meaning,
        metavar=f"[{'|'.join(declaration.choices)}]" if declaration.choices else None,
    )
    option.bounds = declaration.ranges  # type: ignore[attr-defined]
    return option


def quantity(text: str) -> float:
    """Read a number that may end in k, M, G, KB, KiB and the like."""
    try:
        return read_quantity(text)
    except InputError as error:
        raise typer.BadParameter(str(error)) from None


Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of a table.")]
Wide = Annotated[
    bool, typer.Option("--wide", help="Show every column, however long the lines become.")
]
OptionalData = Annotated[str | None, option_of(SpaceConfig, "data")]
SpaceName = Annotated[str, option_of(SpaceConfig, "space")]
Width = Annotated[float | None, option_of(SpaceConfig, "width")]
Resolution = Annotated[int | None, option_of(SpaceConfig, "resolution")]
TablePath = Annotated[Path, typer.Option(help="Latency table to write into: one SQLite file.")]
ChosenRuntime = Annotated[str | None, option_of(ProfileQuery, "runtime")]
ChosenDevice = Annotated[str | None, option_of(ProfileQuery, "device")]
ChosenThreads = Annotated[int | None, option_of(ProfileQuery, "threads")]
ChosenBatch = Annotated[int | None, option_of(ProfileQuery, "batch")]
ChosenDtype = Annotated[str | None, option_of(ProfileQuery, "dtype")]
Host = Annotated[str | None, option_of(HostConfig, "host")]
RemotePython = Annotated[str | None, option_of(HostConfig, "remote_python")]
BenchmarkModel = Annotated[str | None, option_of(HostConfig, "benchmark_model")]
Threads = Annotated[int, option_of(Settings, "threads")]
Batch = Annotated[int, option_of(Settings, "batch")]
Seed = Annotated[int, option_of(TaskConfig, "seed")]
TensorBoard = Annotated[
    bool, typer.Option("--tensorboard", help="Also write TensorBoard logs into the run.")
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.", show_default=False)]
