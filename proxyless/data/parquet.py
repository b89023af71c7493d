"""Parquet files: checked before they are read, and only two of their columns are."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.outside import MEBIBYTE, parse_json

from .columns import LABEL_COLUMNS, find_columns
from .labels import check_class_count, check_class_names
from .rows import Splits, load_dataset

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_LIMIT = 200_000_000
"""Rows of a file: ten times the images of the largest ImageNet."""
ROWS_PER_BYTE = 64
"""Rows that a byte of a file can stand for: images of one colour repeat themselves."""
COLUMNS_LIMIT = 10_000
UNFOLDED_LIMIT, UNFOLDED_TIMES = 1024 * MEBIBYTE, 1000
"""A file is refused that takes more than so many bytes and more than so many times its size.

That is beyond what compressors make of pictures: it is made to fill memory or disk.
"""
ROWS_AT_ONCE = 64


@dataclass(frozen=True)
class ParquetData:
    """The splits of Parquet files, with images undecoded and labels as they are."""

    splits: Splits
    image_column: str
    label_column: str
    class_names: Sequence[str] | None


def read_parquet(files: Mapping[str, Sequence[Path]], source: str) -> ParquetData:
    """Read images and labels of Parquet files, given by split.

    Raises:
        InputError: a file is damaged, has no columns of images and labels, or is made to fill
            memory; or files of a data set differ in their columns.
    """
    import datasets

    first, *others = [file for part in files.values() for file in part]
    schema = opened(first).schema_arrow
    features = _features(schema, first)
    image, label = find_columns(features, source)
    chosen = [schema.field(image), schema.field(label)]
    small = sum(file.stat().st_size for file in (first, *others)) < UNFOLDED_LIMIT
    for path in (first, *others):
        parquet = opened(path)
        for field in chosen:
            _check_column(parquet.schema_arrow, field, path)
        _check_unfolded(parquet, [image, label] if small else [], path)
    _check_image_type(chosen[0].type, first)
    names = getattr(features[label], "names", None)
    kinds = {image: datasets.Image(decode=False), label: _value(chosen[1].type, first)}
    splits = load_dataset(
        "parquet",
        data_files={split: [str(file) for file in part] for split, part in files.items()},
        columns=[image, label],
        features=datasets.Features(kinds),
        batch_size=ROWS_AT_ONCE * 4,
    )
    return ParquetData(splits, image, label, names)


def opened(path: Path) -> "pq.ParquetFile":
    """Open a Parquet file, and check what its footer says.

    Raises:
        InputError: it is no regular file or no Parquet, or has more rows than its bytes can hold.
    """
    import pyarrow.parquet as pq

    status = _status(path)
    try:
        parquet = pq.ParquetFile(path)
        rows, columns = parquet.metadata.num_rows, parquet.metadata.num_columns
        _ = parquet.schema_arrow
    except MemoryError:
        raise InputError(_damaged(path, "its footer asks for all memory")) from None
    except Exception as error:  # of a decoder, about bytes of a stranger
        raise InputError(_damaged(path, reason(error))) from None
    if not (
        0 <= rows <= min(ROWS_LIMIT, ROWS_PER_BYTE * status.st_size) and columns <= COLUMNS_LIMIT
    ):
        raise InputError(
            f"data file {path} is refused: it says that its {status.st_size:,} bytes hold "
            f"{rows:,} rows of {columns:,} columns: write it anew"
        )
    return parquet


def _status(path: Path) -> os.stat_result:
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"data file {path} cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"data file {path} is no regular file: name another")
    return status


def _features(schema: "pa.Schema", path: Path) -> dict[str, object]:
    """Return the columns of a file: of images, of classes with names, and None for others."""
    import datasets

    declared = _declared(schema, path)
    features: dict[str, object] = {}
    for field in schema:
        kind = declared.get(field.name)
        kind = kind if isinstance(kind, Mapping) else {}
        if kind.get("_type") == "Image" or ("_type" not in kind and _may_be_images(field)):
            features[field.name] = datasets.Image(decode=False)
        elif kind.get("_type") == "ClassLabel":
            names = _class_names(kind, path)
            features[field.name] = datasets.ClassLabel(names=list(names))
        else:
            features[field.name] = None
    if len(features) < len(schema.names):
        raise InputError(f"data file {path} has two columns of one name: rename one")
    return features


def _declared(schema: "pa.Schema", path: Path) -> Mapping[str, Any]:
    """Return what ``datasets`` noted of the columns: only plain data, of which little is used."""
    text = (schema.metadata or {}).get(b"huggingface")
    if text is None:
        return {}
    subject = f"the metadata of data file {path}"
    value = parse_json(text, subject)
    for key in ("info", "features"):
        value = value.get(key) if isinstance(value, Mapping) else None
        if value is None:
            return {}
    if not isinstance(value, Mapping):
        raise InputError(f"{subject} is refused: its `features` are no object: write it anew")
    return value


def _class_names(kind: Mapping[str, Any], path: Path) -> Sequence[str]:
    names = kind.get("names")
    if names is None:
        count = kind.get("num_classes")
        names = range(count) if isinstance(count, int) and count >= 0 else None
    if not isinstance(names, (list, range)):
        raise InputError(f"data file {path} is refused: its names of classes are no list")
    check_class_count(len(names), str(path))
    names = [str(name) for name in names] if isinstance(names, range) else names
    check_class_names(names, str(path))
    return names


def _check_column(schema: "pa.Schema", field: "pa.Field", path: Path) -> None:
    if schema.names.count(field.name) != 1 or schema.field(field.name).type != field.type:
        raise InputError(
            f"data file {path} has other columns than the first of its data set: "
            f"{field.name!r:.200} of type {field.type!s:.200} is expected"
        )


def _may_be_images(field: "pa.Field") -> bool:
    """Whether a column holds bytes, as images without a note of ``datasets`` do."""
    import pyarrow as pa

    kind = field.type
    if pa.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") != -1)
    return _is_bytes(kind) and field.name not in LABEL_COLUMNS


def _is_bytes(kind: "pa.DataType") -> bool:
    return str(kind) in ("binary", "large_binary")


def _check_image_type(kind: "pa.DataType", path: Path) -> None:
    import pyarrow as pa

    def is_text(kind: "pa.DataType") -> bool:
        return str(kind) in ("string", "large_string", "string_view")

    if pa.types.is_struct(kind):
        # a member that no row has is of no type: pandas writes paths of None so
        members = {field.name: field.type for field in kind if not pa.types.is_null(field.type)}
        content = members.get("bytes", pa.binary())
        names = [field.name for field in kind]
        fits = (
            len(names) == len(set(names))
            and set(names) <= {"bytes", "path"}
            and (_is_bytes(content) or str(content) == "binary_view")
            and is_text(members.get("path", pa.string()))
        )
    else:
        fits = _is_bytes(kind) or str(kind) in ("string", "large_string")
    if not fits:
        raise InputError(
            f"data file {path} has images of type {kind!s:.200}: bytes of image files are read, "
            "alone or as {bytes, path}"
        )


def _value(kind: "pa.DataType", path: Path) -> Any:
    """Return the feature of a column of labels."""
    import datasets
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        raise InputError(
            f"data file {path} has labels of type {kind!s:.200}: give one whole number or name for "
            "each image"
        )
    try:
        return datasets.Value(
            str(kind) if not pa.types.is_floating(kind) else f"float{kind.bit_width}"
        )
    except ValueError as error:
        raise InputError(f"data file {path} has labels of type {kind}: {reason(error)}") from None


def _check_unfolded(parquet: "pq.ParquetFile", columns: list[str], path: Path) -> None:
    """Check that what a file takes is in proportion to its size: what it says, and ``columns``."""
    size = path.stat().st_size
    limit = max(UNFOLDED_LIMIT, UNFOLDED_TIMES * size)
    groups = range(parquet.metadata.num_row_groups)
    total = sum(parquet.metadata.row_group(group).total_byte_size for group in groups)
    if 0 <= total <= limit and columns:
        total = 0  # a dictionary's entries are repeated: count what comes out
        try:
            for batch in parquet.iter_batches(ROWS_AT_ONCE, columns=columns):
                total += batch.nbytes
                if total > limit:
                    break
        except MemoryError:
            raise InputError(_damaged(path, "it unfolds to more than the memory")) from None
        except Exception as error:  # of a decoder, about bytes of a stranger
            raise InputError(_damaged(path, reason(error))) from None
    if not 0 <= total <= limit:
        raise InputError(
            f"data file {path} is refused: its {size:,} bytes unfold to more than "
            f"{limit // MEBIBYTE:,} MiB: write it anew"
        )


def _damaged(path: Path, cause: str) -> str:
    return f"data file {path} cannot be opened: it is no Parquet file, or damaged: {cause:.300}"
