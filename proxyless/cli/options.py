"""Options that several verbs share, defined once."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError

_SIZE = TypeAdapter(ByteSize)


def quantity(text: str) -> float:
    """Read a number that may end in k, M, G, KB, KiB and the like."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(_SIZE.validate_python(text))
    except ValidationError:
        raise typer.BadParameter(f"{text!r} is no quantity: give 250000, 250k or 250KB") from None


Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of a table.")]
Wide = Annotated[
    bool, typer.Option("--wide", help="Show every column, however long the lines become.")
]
Data = Annotated[
    str,
    typer.Option(
        help="Images to learn from: `digits`, a Parquet file or folder, a folder with one folder "
        "of images a class, or a name on the Hugging Face hub."
    ),
]
OptionalData = Annotated[
    str | None,
    typer.Option(
        "--data", help="Take channels, classes and image size from this data set, as search does."
    ),
]
SpaceName = Annotated[
    str, typer.Option(help="Search space: imagenet, cifar, tiny, or a TOML file of yours.")
]
Width = Annotated[
    float | None, typer.Option(help="Width multiplier; rounds channels to multiples of 8.")
]
Resolution = Annotated[
    int | None, typer.Option(help="Side of the input in pixels, instead of the space's or data's.")
]
MaxParams = Annotated[
    float | None,
    typer.Option(parser=quantity, help="Parameters it may have at most, as 300k."),
]
MaxMacs = Annotated[
    float | None,
    typer.Option(parser=quantity, help="Multiply-adds an image may take at most, as 60M."),
]
MaxBytes = Annotated[
    float | None,
    typer.Option(parser=quantity, help="Bytes its deployed float32 weights may take, as 250KB."),
]
MaxPeakMemory = Annotated[
    float | None,
    typer.Option(parser=quantity, help="Bytes of activations it may hold at once, as 250KB."),
]
TablePath = Annotated[Path, typer.Option(help="Latency table: one SQLite file.")]
RuntimeName = Annotated[
    str,
    typer.Option(
        help="Inference engine: onnxruntime, litert, torch-cpu, torch-cuda or torch-cuda-graph."
    ),
]
ChosenRuntime = Annotated[
    str | None, typer.Option("--runtime", help="Which runtime of the table, if it holds several.")
]
ChosenDevice = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Which device of the table, by name or fingerprint; without it, this machine.",
    ),
]
HostDevice = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Where to measure: ssh://user@host[:port] or adb://SERIAL; without it, here.",
    ),
]
RemotePython = Annotated[
    str | None, typer.Option(help="Python at the far end of ssh:// (python3).")
]
BenchmarkModel = Annotated[
    str | None,
    typer.Option(help="For adb://: TFLite's benchmark_model, a file here or a path there."),
]
ChosenThreads = Annotated[
    int | None, typer.Option("--threads", help="Which thread count of the table.")
]
ChosenBatch = Annotated[
    int | None, typer.Option("--latency-batch", help="Which batch size of the table.")
]
ChosenDtype = Annotated[
    str | None, typer.Option("--dtype", help="Which numbers of the table: float32 or int8.")
]
Dtype = Annotated[str, typer.Option(help="Numbers of weights and activations: float32 or int8.")]
Threads = Annotated[int, typer.Option(help="Threads the runtime may use.")]
BatchSize = Annotated[int, typer.Option(help="Images a training step.")]
Seed = Annotated[int, typer.Option(help="Seed of every random choice.")]
Flip = Annotated[
    bool | None,
    typer.Option(
        "--flip/--no-flip",
        help="Whether a mirrored image is still of its class; default: yes, except for digits.",
    ),
]
Compute = Annotated[
    str, typer.Option(help="Where weights are trained: auto (CUDA if there is any), cpu or cuda.")
]
Precision = Annotated[
    str,
    typer.Option(help="Of weight steps: float32, bfloat16, or auto (bfloat16 on CUDA)."),
]
ComputeThreads = Annotated[
    int | None,
    typer.Option(help="Threads PyTorch may train with; 1 is best for small networks."),
]
CheckpointSeconds = Annotated[float, typer.Option(help="Seconds of work a kill may cost.")]
TensorBoard = Annotated[
    bool, typer.Option("--tensorboard", help="Also write TensorBoard logs into the run.")
]
Run = Annotated[Path, typer.Argument(help="Run directory.")]
