"""A model file that is to be measured: what it says of itself, and what it takes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from latency.engines import open_interpreter
from search_spaces import Architecture, InputError

from ..model_file import ModelFile, read_metadata
from ..timing import runtime_of


@dataclass(frozen=True)
class BenchmarkFile:
    """What is known of a file before it runs.

    ``batch`` is None where the file leaves it open; ``shape`` is (channels, height, width), None
    for a file that takes anything but images.
    """

    path: Path
    runtime: str
    metadata: dict[str, Any]
    batch: int | None
    shape: tuple[int, ...] | None

    @classmethod
    def read(cls, path: Path) -> "BenchmarkFile":
        """Look into a file.

        Raises:
            InputError: it is missing, damaged, or of no kind that runs here.
        """
        if not path.is_file():
            raise InputError(f"model {path} does not exist: export one with `proxyless export`")
        runtime = runtime_of(path)
        _ = runtime.version
        try:
            return cls(path, runtime.name, *_describe(path))
        except InputError as error:
            raise InputError(f"model {path} is of no use: {error}") from None

    @property
    def dtype(self) -> str:
        """Numbers of its weights, as far as it says."""
        return str(self.metadata.get("dtype", "float32"))

    @property
    def architecture(self) -> Architecture | None:
        """The network of a file of ours."""
        said = self.metadata.get("architecture")
        return None if said is None else Architecture.from_json(json.dumps(said), str(self.path))


def _describe(path: Path) -> tuple[dict[str, Any], int | None, tuple[int, ...] | None]:
    """Return metadata, batch and image shape of a file; the shape is None for anything odd."""
    metadata = read_metadata(path.read_bytes(), path.suffix)
    try:
        model = ModelFile.load(path)
    except InputError:
        return metadata, _fixed_batch(path), None
    return metadata, model.batch, model.shape


def _fixed_batch(file: Path) -> int | None:
    """Return the first dimension of a file's first input, None where that is open."""
    if file.suffix == ".tflite":
        return int(open_interpreter(file.read_bytes()).get_input_details()[0]["shape"][0])
    (first, *_) = onnx.load(file, load_external_data=False).graph.input
    size = first.type.tensor_type.shape.dim[0]
    return size.dim_value if size.HasField("dim_value") else None
