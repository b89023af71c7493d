"""Files and texts from outside: what is read, and the sentence for what is not."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from search_spaces import InputError
from search_spaces.outside import check_plain, parse_json, parse_toml, read_bytes, read_text

REFUSED = {
    "[" * 100_000: "lists are more than 64 deep",
    "[" * 100 + "]" * 100: "lists are more than 64 deep",
    '{"a": ' + "9" * 5000 + "}": "whole number beyond 64 bits",
    "[9223372036854775808]": "whole number beyond 64 bits",
    "[NaN]": "NaN is no number",
    "[-Infinity]": "-Infinity is no number",
    "[1e999]": "a number that is not finite",
    '["\\ud800"]': "a text that cannot be encoded",
    '{"\\ud800": 1}': "a text that cannot be encoded",
    '{"a": 1, "a": 2}': "'a' stands twice",
    "{": "is not valid JSON",
    "": "is not valid JSON",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=range(len(REFUSED)))
def test_json_that_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^file {said}|^file .*{said}"):
        parse_json(text, "file")


def test_a_doubled_key_among_many_is_found_at_once() -> None:
    """In one pass: were every key counted, a million of them would take an hour."""
    members = ", ".join(f'"{number}": 0' for number in [*range(10**6), 10**6 - 1])
    with pytest.raises(InputError, match="'999999' stands twice"):
        parse_json("{" + members + "}", "file")


def test_figures_of_a_diverged_training_are_read_where_they_may_be() -> None:
    assert parse_json("[NaN, Infinity]", "log", infinite=True)[1] == float("inf")


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 100_000, "a = nan", "a = -inf", "a = " + "9" * 5000, "a = 1\na = 2", "a"],
)
def test_toml_that_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^file is (refused|not valid TOML): "):
        parse_toml(text, "file")


TEXTS = st.text(st.characters(codec="utf-8"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
PLAIN = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXTS, inner))
)


@given(PLAIN)
def test_everything_else_comes_out_as_it_went_in(value: object) -> None:
    assert parse_json(json.dumps(value), "file") == value
    check_plain(value, "value")


@given(st.binary())
def test_any_bytes_are_json_or_a_sentence(content: bytes) -> None:
    try:
        value = parse_json(content, "file")
    except InputError as error:
        said = str(error)
    else:
        said = f"file is {json.dumps(value)}"
    assert said.startswith("file is")
    assert "\n" not in said


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is no regular file"):
        read_bytes(tmp_path / "pipe", "model")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model .*/none does not exist"):
        read_bytes(tmp_path / "none", "model")
    with pytest.raises(InputError, match="is a folder: name a file"):
        read_bytes(tmp_path, "model")
    with pytest.raises(InputError, match="cannot be read: embedded null byte"):
        read_bytes(Path("a\0b"), "model")
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        read_bytes(tmp_path / ("a" * 1000), "model")
    large = tmp_path / "large"
    large.write_bytes(b"12345")
    with pytest.raises(InputError, match="larger than the 0 MiB that are read"):
        read_bytes(large, "model", limit=4)
    assert read_bytes(large, "model", limit=5) == b"12345"


def test_text_is_utf8_with_or_without_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_bytes(b"\xef\xbb\xbf\xc3\xa9")
    assert read_text(file, "list") == "é"
    file.write_bytes(b"ab\xff")
    with pytest.raises(InputError, match=r"list .*text is not UTF-8 text: byte 3 is wrong"):
        read_text(file, "list")
