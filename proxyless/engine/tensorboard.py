"""TensorBoard logs: the numbers of log lines as scalars."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces.optional import optional

from ..runs.links import check_inside
from ..runs.phase_directory import LogLine
from .callbacks import Callback

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard(Callback):
    """Writes every number of a log line to ``folder / "tensorboard"``.

    Raises:
        InputError: TensorBoard is not installed.
    """

    _writer: "SummaryWriter"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tensorboard"
        self._logs = optional("torch.utils.tensorboard", "`tensorboard`", "tensorboard")

    def on_begin(self, done: int, total: int) -> None:
        """Open the log.

        Raises:
            InputError: its folder is a link that leads out of the run.
        """
        check_inside(self.folder.parents[1], self.folder)
        self._writer = self._logs.SummaryWriter(str(self.folder))

    def on_epoch(self, record: LogLine) -> None:
        """Write an epoch's numbers."""
        for name, value in _scalars(record):
            self._writer.add_scalar(name, value, record["epoch"])

    def on_end(self) -> None:
        """Close the log."""
        self._writer.close()


def _scalars(record: LogLine) -> Iterator[tuple[str, float]]:
    """Yield names and numbers of a log line; names of a device end in its number."""
    for name, value in record.items():
        if isinstance(value, int | float) and name != "epoch":
            yield name, value
    for number, device in enumerate(record.get("devices", ()), 1):
        yield from ((f"{name}/{number}", value) for name, value in _scalars(device))
