"""Measuring model files the way tables are measured, so that prediction and fact compare."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from latency import Program, Settings, get_runtime
from latency.engines import open_interpreter
from latency.hosts import LocalHost
from latency.measure import Sitting, Visit
from latency.runtimes import RUNTIMES, FileRuntime, Runtime
from search_spaces import InputError
from search_spaces.schema import read_json

from .export import read_metadata
from .run_directory import write_atomically

PROCESSES = 3
ROUNDS = 16


@dataclass(frozen=True)
class BenchmarkRow:
    """One file on one runtime, times in milliseconds.

    ``best_ms`` is the minimum over all calls, the statistic that tables hold. ``median_ms`` and
    ``p95_ms`` are over visits, each the median of at least 8 calls in a row. ``predicted_ms`` is
    what the file, or the run it lies in, says of this very device and runtime, if anything.
    """

    file: str
    runtime: str
    version: str
    device: str
    threads: int
    batch: int
    best_ms: float
    median_ms: float
    p95_ms: float
    predicted_ms: float | None


def benchmark(
    files: Sequence[Path], settings: Settings | None = None, rounds: int = ROUNDS
) -> list[BenchmarkRow]:
    """Time model files in three fresh processes a runtime; the suffix decides the runtime.

    Files of one runtime are interleaved round by round, runtimes process by process.

    Raises:
        InputError: a file does not exist, has an unknown suffix, or cannot be run.
    """
    settings = settings or Settings()
    if rounds < 1:
        raise InputError(f"--rounds {rounds} is not at least 1")
    by_runtime: dict[str, list[Path]] = {}
    for file in files:
        if not file.is_file():
            raise InputError(f"model {file} does not exist: export one with `proxyless export`")
        runtime = _runtime_of(file)
        _ = runtime.version
        by_runtime.setdefault(runtime.name, []).append(file)
    visits: dict[tuple[str, str], list[Visit]] = {}
    for process in range(PROCESSES):
        for name, paths in by_runtime.items():
            programs = [Program(str(path), file=str(path)) for path in paths]
            pairs = frozenset((number, p.key) for number in range(rounds) for p in programs)
            sitting = Sitting(process, pairs)
            for visit in LocalHost().run_sitting(name, programs, settings, sitting):
                visits.setdefault((name, visit.program), []).append(visit)
    return [_row(Path(file), name, settings, found) for (name, file), found in visits.items()]


def save_benchmark(rows: Sequence[BenchmarkRow], run: Path) -> None:
    """Keep the rows in a run directory, where the report finds them."""
    content = json.dumps({"rows": [asdict(row) for row in rows]}, indent=1)
    write_atomically(run / "benchmark.json", content.encode())


def _row(file: Path, runtime: str, settings: Settings, visits: list[Visit]) -> BenchmarkRow:
    engine = get_runtime(runtime)
    medians = [visit.median_ms for visit in visits]
    actual = replace(settings, batch=_fixed_batch(file) or settings.batch)
    return BenchmarkRow(
        file=str(file),
        runtime=runtime,
        version=engine.version,
        device=str(engine.device),
        threads=settings.threads,
        batch=actual.batch,
        best_ms=min(visit.minimum_ms for visit in visits),
        median_ms=float(np.median(medians)),
        p95_ms=float(np.percentile(medians, 95)),
        predicted_ms=_prediction(file, engine, actual),
    )


def _prediction(file: Path, engine: Runtime, settings: Settings) -> float | None:
    beside = file.parent / "search" / "result.json"
    if file.suffix == ".onnx" and "latency" in (metadata := read_metadata(file)):
        said = metadata["latency"]
    elif file.suffix == ".tflite" and beside.exists():
        said = read_json(beside, "search result")
    else:
        return None
    address = (engine.device.fingerprint, engine.name, asdict(settings))
    if (said["device"], said["runtime"], said["settings"]) != address:
        return None
    return float(said["predicted_ms"])


def _fixed_batch(file: Path) -> int | None:
    """Return the batch size a file was made for, or None where it leaves that open."""
    if file.suffix == ".tflite":
        return int(open_interpreter(file.read_bytes()).get_input_details()[0]["shape"][0])
    (first, *_) = onnx.load(file, load_external_data=False).graph.input
    size = first.type.tensor_type.shape.dim[0]
    return size.dim_value if size.HasField("dim_value") else None


def _runtime_of(file: Path) -> Runtime:
    for name in RUNTIMES:
        runtime = get_runtime(name)
        if isinstance(runtime, FileRuntime) and file.suffix == runtime.suffix:
            return runtime
    raise InputError(f"{file} is neither an .onnx nor a .tflite file")
