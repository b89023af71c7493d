"""Tables for people: nothing is wider than the screen, no header and no number is broken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import pytest
from hypothesis import given, strategies as st
from torch import nn

from proxyless.cli.columns import Column, pair_lines, table_lines
from proxyless.cli.operation_names import operation_names
from proxyless.cli.terminal_text import cell_len, fold, printable
from search_spaces import Classifier, Convolution, MBConv, ModuleOperation, Operation, Style, Traits
from search_spaces.layer import Activation

ROWS = st.lists(
    st.tuples(
        st.text(max_size=60),
        st.text("abc-_/:0123456789", max_size=150),
        st.floats(1e-7, 1e6),
        st.integers(0, 10**9),
        st.none() | st.floats(0, 1e3),
    ),
    min_size=1,
    max_size=6,
)
Row = tuple[str, str, float, int, float | None]
COLUMNS: tuple[Column[Row], ...] = (
    Column("device", lambda row: row[0]),
    Column("operation", lambda row: row[1], whole=True),
    Column("corrected ms", lambda row: row[2], numeric=True),
    Column("samples", lambda row: row[3], numeric=True),
    Column("predicted ms", lambda row: row[4], numeric=True),
    Column("key", lambda row: row[1], wide=True),
)
WIDTHS = st.integers(30, 130)


def numbers(lines: list[str]) -> list[str]:
    return [word for line in lines for word in line.split()]


@given(ROWS, WIDTHS)
def test_no_line_is_too_long_and_nothing_is_broken(rows: list[Row], width: int) -> None:
    lines = table_lines(COLUMNS, rows, width)
    assert max(map(cell_len, lines)) <= width
    written = numbers(lines)
    assert all(f"{row[3]:,}" in written for row in rows)
    text = "\n".join(lines)
    shown = [column.header for column in COLUMNS[:4]]
    assert all(header in text for header in shown)
    assert "key" not in lines[0].split()


@given(ROWS)
def test_everything_is_there_without_a_width_and_when_wide(rows: list[Row]) -> None:
    assert table_lines(COLUMNS, rows, None, True) == table_lines(COLUMNS, rows, 40, True)
    lines = table_lines(COLUMNS, rows, None)
    assert len(lines) == 2 + len(rows)
    for line, row in zip(lines[2:], rows, strict=True):
        assert printable(row[0]).rstrip() in line
        assert row[1] in line


@given(st.text(), WIDTHS)
def test_folding_loses_nothing_but_spaces(text: str, width: int) -> None:
    shown = printable(text)
    lines = fold(shown, width)
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(shown.split())


@given(st.text(max_size=200))
def test_text_from_outside_does_nothing_to_a_terminal(text: str) -> None:
    assert printable(text).isprintable()


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("[red]Pixel[/red]", "[red]Pixel[/red]"),
        ("\x1b[31mPixel\x07", r"\x1b[31mPixel\x07"),
        ("Pixel\n1\t", "Pixel 1 "),
        ("a\u202eb", r"a\u202eb"),
        ("a\udcffb", r"a\udcffb"),
    ],
)
def test_what_is_spelled_out(given_text: str, shown: str) -> None:
    assert printable(given_text) == shown


def test_words_break_at_separators_and_commands_stay_whole() -> None:
    key = "expanded_conv-input:56x56x24-output:28x28x40-expand:3-kernel:5"
    assert fold(key, 30) == [
        "expanded_conv-input:56x56x24-", "output:28x28x40-expand:3-", "kernel:5",
    ]  # fmt: skip
    parts = ["see `proxyless tables", "list` for it"]
    assert fold("see `proxyless tables list` for it", 22) == parts
    assert fold("see it in `tables list`", 20) == ["see it in", "`tables list`"]
    assert fold("runs/a-long-name/model.onnx", 18) == ["runs/a-long-name/", "model.onnx"]


def test_wide_characters_count_twice() -> None:
    assert fold("小米手机", 4) == ["小米", "手机"]


def test_decimals_are_those_that_the_column_needs() -> None:
    def written(*values: float) -> list[str]:
        column: Column[float] = Column("ms", lambda value: value, numeric=True)
        return [line.strip() for line in table_lines([column], values, None)[2:]]

    assert written(0.1353, 0.06762) == ["0.13530", "0.06762"]
    assert written(1.135, 5.686) == ["1.135", "5.686"]
    assert written(0.0123, 123.4567) == ["0.012", "123.457"]
    assert written(12345.6) == ["12,346"]
    assert written(0.0, float("inf")) == ["0", "inf"]


def test_columns_without_values_are_left_out() -> None:
    columns: list[Column[int | None]] = [
        Column("a", lambda row: row), Column("b", lambda _: None),
    ]  # fmt: skip
    assert table_lines(columns, [1, None], None)[0] == "a"


def test_text_that_is_to_stay_whole_gives_way_last() -> None:
    columns: list[Column[tuple[str, str]]] = [
        Column("model", lambda row: row[0], whole=True),
        Column("data", lambda row: row[1]),
    ]
    row = ("a_name_of_twenty_char", "some words that go on and on")
    assert row[0] in table_lines(columns, [row], 40)[2]


def test_where_columns_cannot_fit_every_row_is_a_list() -> None:
    rows = [("Phone", "key", 1.5, 10**9, 2.5), ("Watch", "key", 2.5, 7, 3.5)]
    assert table_lines(COLUMNS, rows, 40)[:6] == [
        "device        Phone",
        "operation     key",
        "corrected ms  1.500",
        "samples       1,000,000,000",
        "predicted ms  2.500",
        "",
    ]


@given(st.lists(st.tuples(st.text(min_size=1, max_size=40), st.text(max_size=200))), WIDTHS)
def test_facts_fit(pairs: list[tuple[str, str]], width: int) -> None:
    shown = [(printable(name), printable(value)) for name, value in pairs]
    assert max(map(cell_len, pair_lines(shown, width)), default=0) <= width


def small_operations() -> Iterator[Operation]:
    """Yield every operation whose sizes are among a few: many differ in one thing only."""
    widths, activations = (8, 16), get_args(Activation)
    for inner, outer, stride, side in product(widths, widths, (1, 2, 3), range(1, 6)):
        yield Classifier(inner, outer, side)
        for kernel, activation in product((1, 3), activations):
            yield Convolution(inner, outer, kernel, stride, side, activation)
            for expansion, skip in product((1, 6), (False, True)):
                if not skip or (stride == 1 and inner == outer):
                    yield MBConv(inner, outer, kernel, stride, expansion, side, skip, activation)


def test_names_tell_operations_apart_like_keys() -> None:
    known = {one.key: (one,) for one in small_operations()}
    names = operation_names(list(known), known)
    assert len(set(names.values())) == len(known) > 1000
    assert all(re.search(r"  \d+x\d+x\d+ -> \d+", name) for name in names.values())


def test_keys_of_others_stay() -> None:
    block = MBConv(24, 40, 3, 2, 3, 32, False)
    names = operation_names([block.key, "AvgPool2D-input:7x7x320"], {block.key: (block,)})
    assert list(names.values()) == ["MB3_3x3  24x32x32 -> 40x16x16", "AvgPool2D-input:7x7x320"]


@dataclass(frozen=True)
class Resized(ModuleOperation):
    """An operation of somebody else's, whose output may have any side."""

    before: int
    after: int
    kind: Literal["resized"] = "resized"

    label, key, style = "Resized", "resized", Style("Resized")
    traits = Traits({}, stride=2)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return (1, self.before, self.before)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        return (1, self.after, self.after)

    def module(self, running_statistics: bool = True) -> nn.Module:
        raise NotImplementedError


@given(st.integers(1, 40), st.integers(1, 80))
def test_operations_may_have_any_output(before: int, after: int) -> None:
    operation = Resized(before, after)
    (name,) = operation_names(["resized"], {"resized": (operation,)}).values()
    suggested = [s for s in range(1, before + 1) if (before - 1) // s + 1 == after][:1]
    stride = "" if suggested == [2] else " stride 2"
    assert name == f"Resized{stride}  1x{before}x{before} -> 1x{after}x{after}"
