import json
from dataclasses import asdict
from typing import Any

import pytest

from benchmarks.network.links import Links


def links(**changes: Any) -> Links:
    return Links.create(**({"workers": 3, "delay_ms": 10, "loss": 0, "rate_mbit": None} | changes))


def test_one_number_is_meant_for_all_and_a_matrix_for_each_pair() -> None:
    matrix = [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
    assert links().delay_ms == ((10, 10, 10),) * 3
    assert links(delay_ms=matrix).delay_ms[1][2] == 4
    assert links(rate_mbit=[1, None, 3]).rate_mbit == (1, None, 3)


def test_a_change_is_for_a_pair_a_row_a_column_or_all() -> None:
    assert links().change("loss", 0.5, 0, 1).loss == ((0, 0.5, 0), (0, 0, 0), (0, 0, 0))
    assert links().change("loss", 0.5, sender=1).loss == ((0, 0, 0), (0.5,) * 3, (0, 0, 0))
    assert links().change("loss", 0.5, receiver=1).loss == ((0, 0.5, 0),) * 3
    assert links().change("loss", 0.5).loss == ((0.5,) * 3,) * 3
    assert links().change_rate(8, 2).rate_mbit == (None, None, 8)


def test_links_survive_json() -> None:
    before = links(rate_mbit=[1, None, 3], loss=0.1).change("cut", 1, 0, 2)
    assert Links.from_json(json.loads(json.dumps(asdict(before)))) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"delay_ms": -1}, "delay_ms has a value below 0"),
        ({"delay_ms": float("nan")}, "delay_ms has a value below 0"),
        ({"delay_ms": [[1, 2], [3, 4]]}, "delay_ms is not 3 rows of 3"),
        ({"loss": 1.5}, "probability"),
        ({"rate_mbit": 0}, "above 0"),
        ({"rate_mbit": [1, 2]}, "not 3 numbers"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        links(**changes)


def test_a_worker_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no worker 3: they are 0 to 2"):
        links().change("cut", 1, 3)
