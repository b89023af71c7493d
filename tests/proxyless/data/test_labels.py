"""Labels of every kind: numbers of classes, or a sentence that names the row."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from proxyless.data import labels as module
from proxyless.data.labels import encode_labels
from search_spaces import InputError


def encode(
    values: list[Any], names: list[str] | None = None, kind: Any = None, **more: list[Any]
) -> tuple[tuple[str, ...], dict[str, list[int]]]:
    columns = {"train": values, **more}
    arrays = {
        split: pa.chunked_array([pa.array(column, kind)]) for split, column in columns.items()
    }
    classes, numbers = encode_labels(arrays, names, "photos")
    assert all(column.dtype == np.int64 for column in numbers.values())
    return classes, {split: column.tolist() for split, column in numbers.items()}


def test_numbers_are_in_numeric_order() -> None:
    classes, numbers = encode([11, 2, 0, 10, 2])
    assert classes == ("0", "2", "10", "11")
    assert numbers["train"] == [3, 1, 0, 2, 1]


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        ([True, False], pa.bool_(), ("False", "True")),
        ([1.0, 0.0, 10.0, 2.0], pa.float64(), ("0.0", "1.0", "2.0", "10.0")),
        (["b", "a", "10", "9"], pa.large_string(), ("10", "9", "a", "b")),
        ([2**64 - 1, 0], pa.uint64(), ("0", str(2**64 - 1))),
        (["x", "y", "x"], pa.dictionary(pa.int8(), pa.string()), ("x", "y")),
        ([-5, 3], pa.int8(), ("-5", "3")),
    ],
)
def test_kinds_of_labels(values: list[Any], kind: Any, classes: tuple[str, ...]) -> None:
    found, numbers = encode(values, kind=kind)
    assert found == classes
    assert [found[number] for number in numbers["train"]] == [str(value) for value in values]


@pytest.mark.parametrize(
    ("values", "names", "kind", "words"),
    [
        ([0, -1], ["a", "b"], None, "row 1 .* of the train split of photos is -1, none of the 2"),
        ([0, 2], ["a", "b"], None, "is 2, none of the 2 classes"),
        ([0, 2**63 - 1], ["a", "b"], None, "row 1 .* none of the 2 classes"),
        (["a", "c"], ["a", "b"], None, "is 'c', none of the 2 classes"),
        ([0, None], ["a", "b"], None, "row 1 .* is missing: correct or remove the row"),
        ([None, None], None, None, "row 0 .* is missing"),
        ([1.0, float("nan")], None, None, "row 1 .* is nan, no class"),
        ([1.0, float("inf")], None, None, "row 1 .* is inf, no class"),
        ([1.0, 0.5], None, None, r"row 1 .* is 0\.5, no class"),
        ([[0], [1]], None, None, "are of type list"),
        ([{"a": 1}], None, None, "are of type struct"),
        ([b"a"], None, None, "are of type binary"),
        (["a", ""], None, None, "row 1 .* is empty"),
        (["a", " \n"], None, None, "row 1 .* is empty"),
        (["a", "b\x1b[2J"], None, None, "row 1 .* holds control characters"),
        (["a", "b" * 10**6], None, None, "row 1 .* has 1,000,000 characters"),
        ([0, 1], ["a", ""], None, "class 1 of photos is empty"),
        ([0, 1], ["a", "a"], None, "two classes named 'a'"),
        ([0, 1], ["a", "b\n"], None, "class 1 of photos .* holds control characters"),
        ([0, 1], ["a", 5], None, "class 1 of photos is no text"),
    ],
)
def test_labels_that_name_no_class(
    values: list[Any], names: list[str] | None, kind: Any, words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        encode(values, names, kind)
    assert len(str(caught.value)) < 1000
    assert str(caught.value).isprintable()


def test_classes_that_only_the_test_has() -> None:
    with pytest.raises(InputError, match=r"row 1 .* of the test split of photos is 'c', none of"):
        encode(["a", "b"], test=["a", "c"])
    with pytest.raises(InputError, match=r"class 'c' has images in the test split .* none in the"):
        encode([0, 1], ["a", "b", "c"], test=[0, 2])
    with pytest.raises(InputError, match=r"row 0 .* of the test split .* is missing"):
        encode([0, 1], ["a", "b"], test=[None])


def test_too_many_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CLASSES", 3)
    with pytest.raises(InputError, match=r"photos has 4 classes, more than the 3"):
        encode([0, 1, 2, 3])
    with pytest.raises(InputError, match=r"photos has 4 classes, more than the 3"):
        encode([0], ["a", "b", "c", "d"])


LABELS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.lists(st.integers(0, 3), max_size=2),
)


@given(st.lists(LABELS, min_size=1, max_size=6), st.booleans())
def test_any_column_is_encoded_or_refused(values: list[Any], declared: bool) -> None:
    try:
        column = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return
    try:
        classes, numbers = encode_labels(
            {"train": pa.chunked_array([column])}, ["a", "b"] if declared else None, "photos"
        )
    except InputError:
        return
    for value, number in zip(column.to_pylist(), numbers["train"], strict=True):
        if not declared:
            assert classes[number] == str(value)
        else:
            assert number == (classes.index(value) if isinstance(value, str) else int(value))
