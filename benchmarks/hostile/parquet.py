"""Parquet files of images of strangers."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.hostile.images import encoded, hostile_image, use
from benchmarks.hostile.mutation import mutated_bytes

ROWS = 12
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PLACES = (
    "/etc/passwd", "../../etc/passwd", "http://127.0.0.1:9/x.png", "hf://x/y", "zip://x", "",
)  # fmt: skip
NAMES: tuple[object, ...] = (
    ["a"], [], ["a", "a"], [1, 2], "ab", {"a": 1}, ["\x1b[2J", "b"], ["a", None],
)  # fmt: skip
LABELS: tuple[list[object], ...] = (
    [0.5, 1.5] * 6, [float("nan")] * ROWS, [None] * ROWS, [[1]] * ROWS, ["a"] * ROWS,
    [*["\x1b[2J"] * 11, "q"], [*["x" * 10**6] * 11, "q"], [*[10**18] * 11, 1], [b"a", b"b"] * 6,
)  # fmt: skip


@dataclass
class Photos:
    """What a file holds: rows, names of classes, and what it says of its columns."""

    images: list[dict[str, object]] = field(
        default_factory=lambda: [{"bytes": encoded(n), "path": None} for n in range(ROWS)]
    )
    labels: list[object] = field(default_factory=lambda: [n % 2 for n in range(ROWS)])
    names: object = field(default_factory=lambda: ["a", "b"])
    described: str | None = None

    def table(self) -> pa.Table:
        """Return the rows, as Arrow has them."""
        label = pa.array(self.labels) if self.names is None else pa.array(self.labels, pa.int64())
        table = pa.table({"image": pa.array(self.images, type=IMAGE), "label": label})
        features: dict[str, object] = {"image": {"_type": "Image"}}
        if self.names is not None:
            features["label"] = {"names": self.names, "_type": "ClassLabel"}
        described = self.described or json.dumps({"info": {"features": features}})
        return table.replace_schema_metadata({"huggingface": described})


def honest(folder: Path, kept: Path) -> None:
    """Make a good file."""
    pq.write_table(Photos().table(), folder / "photos.parquet")


def hostile(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a file with a hostile row, column, description of itself, or byte."""
    path, photos = folder / "photos.parquet", Photos()
    change = generator.choice((*CHANGES, "columns", "bytes"))
    description = CHANGES[change](photos, generator) if change in CHANGES else ""
    table = photos.table()
    if change == "columns":
        table = generator.choice(
            (table.select(["label"]), table.select(["image"]), table.slice(0, 0))
        )
    pq.write_table(table, path)
    if change == "bytes":
        content, description = mutated_bytes(path.read_bytes(), generator)
        path.write_bytes(content)
    return f"{change}: {description}"


def use_file() -> None:
    """Decode it; every image that is taken has finite pixels and a class."""
    use("photos.parquet", at_least=ROWS)


def _label(photos: Photos, generator: random.Random) -> str:
    row = generator.randrange(ROWS)
    photos.labels[row] = generator.choice((-1, 2, 10**12, None))
    return f"{photos.labels[row]} in row {row}"


def _labels(photos: Photos, generator: random.Random) -> str:
    photos.labels, photos.names = list(generator.choice(LABELS)), None
    return f"{photos.labels[0]!r:.30}"


def _image(photos: Photos, generator: random.Random) -> str:
    content, description = hostile_image(generator)
    row = generator.randrange(ROWS)
    photos.images[row]["bytes"] = generator.choice((content, content, b"", None))
    return f"{description} in row {row}"


def _path(photos: Photos, generator: random.Random) -> str:
    place = generator.choice(PLACES)
    photos.images[generator.randrange(ROWS)] = {"bytes": None, "path": place}
    return place


def _names(photos: Photos, generator: random.Random) -> str:
    photos.names = generator.choice(NAMES)
    return repr(photos.names)


def _features(photos: Photos, generator: random.Random) -> str:
    photos.described = generator.choice(("[" * 100_000, "{}", "9" * 5000, '{"info": 1}', "null"))
    return photos.described[:20]


CHANGES: dict[str, Callable[[Photos, random.Random], str]] = {
    "a label": _label,
    "all labels": _labels,
    "an image": _image,
    "a path": _path,
    "names of classes": _names,
    "features": _features,
}
