"""``proxyless benchmark``: measure model files."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..config import BenchmarkConfig
from . import options
from .benchmark_output import show_benchmark
from .config_options import configured
from .config_sources import ConfigSources
from .console import show_json
from .progress import working

if TYPE_CHECKING:
    from ..deploy.benchmark import BenchmarkRow


@configured(BenchmarkConfig, left_out=("settings.dtype",))
def benchmark(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="ONNX or TFLite files, ours or not.", show_default=False
        ),
    ],
    sources: ConfigSources,
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """Measure model files on this machine, interleaved, the way tables are measured.

    A file of ours runs on PyTorch as well as on its own runtime. Where a file says what it was
    predicted to take here, that stands beside it. The rows for a model in a run directory are kept
    there for the report.
    """
    config: BenchmarkConfig = sources.resolve()
    from ..deploy.benchmark import (
        UnfinishedBenchmarkError,
        benchmark as run_benchmark,
        load_benchmark,
    )
    from ..runs.run_directory import is_begun

    runs = [folder for folder in dict.fromkeys(file.parent for file in files) if is_begun(folder)]
    for folder in runs:
        load_benchmark(folder)  # what cannot be added to is said before minutes of measuring
    failure = None
    with working("benchmark"):
        try:
            rows = run_benchmark(
                files,
                config.settings,
                config.rounds,
                data=config.data,
                pixels=config.pixels,
                reference=config.reference,
                runtimes=config.runtimes or None,
            )
        except UnfinishedBenchmarkError as error:
            rows, failure = error.rows, error
    if json:
        show_json([asdict(row) for row in rows])
    else:
        show_benchmark(rows, config.settings, wide)
    _keep(rows, runs)  # printed before: a disk may be full, or only to be read
    if failure is not None:
        raise failure


def _keep(rows: "Sequence[BenchmarkRow]", runs: Sequence[Path]) -> None:
    from ..deploy.benchmark import save_benchmark

    for folder in runs:
        save_benchmark([row for row in rows if Path(row.file).parent == folder], folder)
