"""Parquet files of strangers: read as they are or refused in a sentence; no other file is."""

import io
import json
import os
from pathlib import Path
from typing import Any
from unittest import mock

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from proxyless import open_data
from proxyless.data import parquet
from search_spaces import InputError

STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
FEATURES: dict[str, Any] = {
    "image": {"_type": "Image"},
    "label": {"names": ["a", "b"], "_type": "ClassLabel"},
}


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    monkeypatch.setattr("socket.getaddrinfo", mock.Mock(side_effect=AssertionError("asked")))


def picture(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 6), (value, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def cells(count: int = 12) -> list[Any]:
    return [{"bytes": picture(number), "path": None} for number in range(count)]


def write(
    path: Path,
    images: list[Any] | None = None,
    labels: list[Any] | None = None,
    features: object = FEATURES,
    label_type: Any = None,
    image_type: Any = STRUCT,
) -> Path:
    images = cells() if images is None else images
    labels = [number % 2 for number in range(len(images))] if labels is None else labels
    table = pa.table({"image": pa.array(images, image_type), "label": pa.array(labels, label_type)})
    if features is not None:
        text = (
            features if isinstance(features, str) else json.dumps({"info": {"features": features}})
        )
        table = table.replace_schema_metadata({"huggingface": text})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        open_data(str(path)).load(6)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 1200
    return sentence


@pytest.mark.parametrize("image_type", [STRUCT, pa.binary(), pa.large_binary()])
@pytest.mark.parametrize("row_groups", [1, 4])
def test_images_and_labels_are_those_that_were_written(
    tmp_path: Path, image_type: Any, row_groups: int
) -> None:
    images = cells() if image_type == STRUCT else [picture(number) for number in range(12)]
    path = write(tmp_path / "x.parquet", images, image_type=image_type)
    pq.write_table(pq.read_table(path), path, row_group_size=12 // row_groups)
    data = open_data(str(path)).load(6)
    found = {}
    for split in (data.train, data.test):
        for image, label in zip(split.images, split.labels, strict=True):
            found[int(image[0, 0, 0])] = int(label)
    assert found == {number: number % 2 for number in range(12)}


def test_other_columns_are_not_looked_at(tmp_path: Path) -> None:
    """Neither decoded, nor downloaded: a second image column might be of any format."""
    path = write(tmp_path / "x.parquet", features={**FEATURES, "other": {"_type": "Image"}})
    table = pq.read_table(path)
    other = pa.array([{"bytes": b"%!PS", "path": "/etc/passwd"}] * 12, STRUCT)
    pq.write_table(table.append_column("other", other), path)
    assert len(open_data(str(path)).load(6).train) == 10


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../secret.png",
        "http://127.0.0.1:1/x.png",
        "hf://datasets/a/b/x.png",
        "zip://x.png::x.zip",
        "file:///etc/passwd",
        "a\0b.png",
    ],
)
def test_an_image_that_is_only_a_path_reads_nothing_outside(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (6, 6)).save(tmp_path / "secret.png")
    for column in ([*cells(11), {"bytes": None, "path": name}],):
        path = write(tmp_path / "data" / "x.parquet", column)
        with mock.patch("proxyless.data.stored_images.read_image_file") as read:
            sentence = refusal(path)
        read.assert_not_called()
        assert "row 11 (counted from 0) of the train split" in sentence


def test_an_image_beside_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (6, 6), (99, 0, 0)).save(tmp_path / "images" / "0.png")
    column = [*cells(11), {"bytes": None, "path": "images/0.png"}]
    source = open_data(str(write(tmp_path / "x.parquet", column)))
    data = source.load(6)
    assert 99 in {int(image.max()) for s in (data.train, data.test) for image in s.images}


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([None, *cells(11)], "row 0 (counted from 0) of the train split"),
        ([*cells(11), {"bytes": None, "path": None}], "row 11 (counted from 0)"),
        ([*cells(11), {"bytes": None, "path": ""}], "has no image: remove the row"),
        ([*cells(11), {"bytes": b"", "path": None}], "cannot be read: it is empty"),
        ([*cells(11), {"bytes": b"%!PS-Adobe", "path": None}], "no image of a format"),
    ],
)
def test_images_that_are_not_there(tmp_path: Path, images: list[Any], words: str) -> None:
    assert words in refusal(write(tmp_path / "x.parquet", images))


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ("[" * 100_000, "is not valid JSON"),
        ('{"info": {"features": 5}}', "its `features` are no object"),
        ("{", "is not valid JSON"),
        (
            {**FEATURES, "label": {"_type": "ClassLabel", "num_classes": 10**12}},
            "000 classes, more",
        ),
        (
            {**FEATURES, "label": {"_type": "ClassLabel", "num_classes": 10**18}},
            "000 classes, more",
        ),
        ({**FEATURES, "label": {"_type": "ClassLabel", "num_classes": -1}}, "are no list"),
        ({**FEATURES, "label": {"_type": "ClassLabel", "names": {"a": 1}}}, "are no list"),
        ({**FEATURES, "label": {"_type": "ClassLabel", "names": ["a", "a"]}}, "two classes named"),
        ({**FEATURES, "label": {"_type": "ClassLabel", "names": ["a", ""]}}, "is empty"),
        ({**FEATURES, "label": {"_type": "ClassLabel", "names": [1, 2]}}, "is no text"),
    ],
)
def test_hostile_notes_of_columns(tmp_path: Path, features: object, words: str) -> None:
    assert words in refusal(write(tmp_path / "x.parquet", features=features))


@pytest.mark.parametrize("kind", ["os", "__import__", "Audio", "Video", "eval", "Translation"])
def test_notes_of_columns_make_nothing(tmp_path: Path, kind: str) -> None:
    other = {**FEATURES, "more": {"_type": kind, "command": "touch x"}}
    assert len(open_data(str(write(tmp_path / "x.parquet", features=other))).train) == 10


@pytest.mark.parametrize("features", [None, {}])
def test_parquet_of_others_is_read_by_its_types(tmp_path: Path, features: object) -> None:
    source = open_data(str(write(tmp_path / "x.parquet", features=features)))
    assert (source.class_names, source.size) == (("0", "1"), 6)


@pytest.mark.parametrize(
    "image_type",
    [
        pa.struct([("bytes", pa.binary()), ("path", pa.null())]),  # as pandas writes paths of None
        pa.struct([("bytes", pa.binary_view()), ("path", pa.string_view())]),
        pa.binary(),
        pa.large_binary(),
    ],
)
def test_bytes_without_notes_are_images(tmp_path: Path, image_type: Any) -> None:
    alone = not pa.types.is_struct(image_type)
    images = [cell["bytes"] if alone else cell for cell in cells()]
    path = write(tmp_path / "x.parquet", images, features=None, image_type=image_type)
    assert len(open_data(str(path)).load(6).train) == 10


def test_paths_without_bytes_are_images(tmp_path: Path) -> None:
    images = [{"bytes": None, "path": f"{number}.png"} for number in range(12)]
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    kind = pa.struct([("bytes", pa.null()), ("path", pa.string())])
    path = write(tmp_path / "x.parquet", images, features=None, image_type=kind)
    assert len(open_data(str(path)).load(6).train) == 10


def test_integer_classes_are_in_numeric_order(tmp_path: Path) -> None:
    labels = [number % 12 for number in range(60)]
    path = write(tmp_path / "x.parquet", cells(60), labels, features=None)
    assert open_data(str(path)).class_names == tuple(str(number) for number in range(12))


@pytest.mark.parametrize(
    ("labels", "label_type"),
    [
        ([[0]] * 12, None),
        ([{"a": 0}] * 12, None),
        ([b"x"] * 12, None),
        ([0.5] * 12, None),
        ([None] * 12, None),
        ([float("nan")] * 12, None),
        ([0] * 11 + [-1], None),
        ([0] * 11 + [2], None),
        ([0, None] * 6, None),
        ([0] * 12, pa.timestamp("s")),
    ],
)
def test_labels_are_refused_at_the_start(
    tmp_path: Path, labels: list[Any], label_type: Any
) -> None:
    path = write(tmp_path / "x.parquet", labels=labels, label_type=label_type)
    with pytest.raises(InputError, match="label"):
        open_data(str(path))


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([1] * 12, pa.int64()),
        ([[[1, 2], [3, 4]]] * 12, pa.list_(pa.list_(pa.int64()))),
        ([{"bytes": 5}] * 12, pa.struct([("bytes", pa.int64())])),
        (
            [{"bytes": b"", "more": 1}] * 12,
            pa.struct([("bytes", pa.binary()), ("more", pa.int8())]),
        ),
    ],
)
def test_images_of_other_types(tmp_path: Path, column: list[Any], kind: Any) -> None:
    path = write(tmp_path / "x.parquet", column, image_type=kind)
    assert "has images of type" in refusal(path)


def test_an_extension_type_does_not_run_what_it_holds(tmp_path: Path) -> None:
    """`arrow.py_extension_type` unpickled its metadata in releases of long ago (CVE-2023-47248)."""
    ran = tmp_path / "ran"
    payload = b"cposix\nsystem\n(S'touch " + str(ran).encode() + b"'\ntR."
    field = pa.field(
        "label",
        pa.int64(),
        metadata={
            b"ARROW:extension:name": b"arrow.py_extension_type",
            b"ARROW:extension:metadata": payload,
        },
    )
    schema = pa.schema([pa.field("image", STRUCT), field])
    table = pa.table([pa.array(cells(), STRUCT), pa.array([0, 1] * 6)], schema=schema)
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(InputError) if ran.exists() else mock.MagicMock():
        open_data(str(tmp_path / "x.parquet"))
    assert not ran.exists()


def test_rows_without_bytes_are_counted_before_they_are_made(tmp_path: Path) -> None:
    count = 10**7
    table = pa.table({"image": pa.nulls(count, STRUCT), "label": pa.nulls(count, pa.int64())})
    pq.write_table(table, tmp_path / "x.parquet")
    sentence = refusal(tmp_path / "x.parquet")
    assert "10,000,000 rows" in sentence


def test_a_picture_that_is_repeated_for_ever_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "UNFOLDED_LIMIT", 2**20)
    monkeypatch.setattr(parquet, "UNFOLDED_TIMES", 10)
    path = write(tmp_path / "x.parquet", [{"bytes": os.urandom(10_000), "path": None}] * 1000)
    assert path.stat().st_size < 100_000
    assert "unfold to more than 1 MiB" in refusal(path)


def test_files_of_a_data_set_have_the_same_columns(tmp_path: Path) -> None:
    write(tmp_path / "d" / "train.parquet")
    write(tmp_path / "d" / "test.parquet", label_type=pa.int8())
    assert "test.parquet has other columns" in refusal(tmp_path / "d")
    write(tmp_path / "d" / "test.parquet", labels=[0] * 11 + [-1])
    assert "row 11 (counted from 0) of the test split" in refusal(tmp_path / "d")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("configs:\n- data_files: ../x.parquet", "names files outside"),
        ("configs:\n- data_files: /etc/*.parquet", "names files outside"),
        ("configs:\n- data_files: https://example.org/x.parquet", "names files outside"),
        ("configs:\n- data_dir: /etc\n  data_files: x.parquet", "names files outside"),
        ("configs:\n- data_files: 5", "no names of files"),
        ("configs: 5", "no list of configurations"),
        (
            "configs:\n- {config_name: x, data_files: a}\n- {config_name: y, data_files: b}",
            "several",
        ),
        ("configs: [&a [1], *a]", "has aliases"),
        ("configs: !!python/object/apply:os.system ['true']", "no YAML"),
        ("configs: " + "[" * 10_000, "too deep"),
        ("configs:\n- data_files: none.parquet", "cannot be opened"),
        ("configs:\n" + "- " * 5000 + "x", "too deep"),
        ("configs: {\n", "no YAML"),
        ("configs: 2024-01-01", "no list of configurations"),
    ],
)
def test_hostile_readme(tmp_path: Path, header: str, words: str) -> None:
    write(tmp_path / "d" / "x.parquet")
    (tmp_path / "d" / "README.md").write_text(f"---\n{header}\n---\n# Photos\n")
    assert words in refusal(tmp_path / "d")


def test_a_readme_tells_the_splits(tmp_path: Path) -> None:
    write(tmp_path / "d" / "a.parquet")
    write(tmp_path / "d" / "b.parquet", cells(4))
    (tmp_path / "d" / "README.md").write_text(
        "---\nlicense: mit\nconfigs:\n- config_name: default\n  data_files:\n"
        "  - split: train\n    path: a*\n  - split: test\n    path: b*\n---\n"
    )
    source = open_data(str(tmp_path / "d"))
    assert (len(source.train), len(source.test)) == (12, 4)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.parquet")
    assert "is no regular file" in refusal(tmp_path / "x.parquet")
    assert "cannot be opened" in refusal(tmp_path)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("written") / "x.parquet").read_bytes()


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    changes=st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 255)), max_size=4),
    kept=st.one_of(st.none(), st.integers(0, 4000)),
)
def test_a_changed_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    written: bytes,
    changes: list[tuple[int, int]],
    kept: int | None,
) -> None:
    content = bytearray(written)
    for place, value in changes:
        content[place % len(content)] = value
    path = tmp_path_factory.mktemp("changed") / "x.parquet"
    path.write_bytes(content[:kept])
    try:
        data = open_data(str(path)).load(6)
    except InputError:
        return
    assert np.isin(data.train.labels.numpy(), [0, 1]).all()
    if bytes(content[:kept]) == written:
        assert len(data.train) + len(data.test) == 12
