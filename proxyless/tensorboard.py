"""TensorBoard logs, as an option: the same log lines, as scalars."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search_spaces import InputError

from .loop import Progress


@contextmanager
def with_tensorboard(folder: Path, wanted: bool, progress: Progress) -> Iterator[Progress]:
    """Yield a progress callback that also writes every number of a log line to TensorBoard."""
    if not wanted:
        yield progress
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError:
        raise InputError(
            "--tensorboard needs the package tensorboard: pip install 'proxyless[tensorboard]'"
        ) from None
    with SummaryWriter(str(folder / "tensorboard")) as writer:

        def both(done: int, total: int, record: dict[str, Any] | None) -> None:
            progress(done, total, record)
            for name, value in (record or {}).items():
                if isinstance(value, int | float) and name != "epoch":
                    assert record is not None
                    writer.add_scalar(name, value, record["epoch"])

        yield both
