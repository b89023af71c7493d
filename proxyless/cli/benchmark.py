"""``proxyless benchmark``: measure model files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..config import BenchmarkConfig
from . import options
from .benchmark_output import show_benchmark
from .config_options import configured
from .given import Given
from .output import show_json
from .progress import working


@configured(BenchmarkConfig, names={"runtimes": "runtime"}, left_out=("settings.dtype",))
def benchmark(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="ONNX or TFLite files, ours or not.", show_default=False
        ),
    ],
    given: Given,
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """Measure model files on this machine, interleaved, the way tables are measured.

    A file of ours runs on PyTorch as well as on its own runtime. Where a file says what it was
    predicted to take here, that stands beside it. The rows for a model in a run directory are kept
    there for the report.
    """
    config: BenchmarkConfig = given.resolve()
    from ..deploy.benchmark import benchmark as run_benchmark, load_benchmark, save_benchmark
    from ..runs.run_directory import is_begun

    runs = [folder for folder in dict.fromkeys(file.parent for file in files) if is_begun(folder)]
    for folder in runs:
        load_benchmark(folder)  # what cannot be added to is said before minutes of measuring
    with working("benchmark"):
        rows = run_benchmark(
            files,
            config.settings,
            config.rounds,
            data=config.data,
            reference=config.reference,
            runtimes=config.runtimes or None,
        )
    for folder in runs:
        save_benchmark([row for row in rows if Path(row.file).parent == folder], folder)
    if json:
        show_json([asdict(row) for row in rows])
        return
    show_benchmark(rows, config.settings, wide)
