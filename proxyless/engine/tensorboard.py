"""TensorBoard logs, as an option: the same log lines, as scalars."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search_spaces.optional import optional

from .epoch_loop import Progress


@contextmanager
def with_tensorboard(folder: Path, wanted: bool, progress: Progress) -> Iterator[Progress]:
    """Yield a progress callback that also writes every number of a log line to TensorBoard."""
    if not wanted:
        yield progress
        return
    logs = optional("torch.utils.tensorboard", "`tensorboard`", "tensorboard")
    with logs.SummaryWriter(str(folder / "tensorboard")) as writer:

        def both(done: int, total: int, record: dict[str, Any] | None) -> None:
            progress(done, total, record)
            for name, value in _scalars(record or {}):
                assert record is not None
                writer.add_scalar(name, value, record["epoch"])

        yield both


def _scalars(record: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers of a log line; those of several devices by the device's number."""
    for name, value in record.items():
        if isinstance(value, int | float) and name != "epoch":
            yield name, value
    for number, device in enumerate(record.get("devices", ()), 1):
        yield from ((f"{name}/{number}", value) for name, value in _scalars(device))
