"""Names of the release before this one."""

from dataclasses import replace
from pathlib import Path

import pytest

import latency
from latency.tables.table import Table
from search_spaces import InputError


def test_a_former_class_is_the_same_one_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match=r"latency\.Wanted is called latency\.ProfileQuery"):
        assert latency.Wanted is latency.ProfileQuery


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """An empty table: what a function says of it shows that it was called."""
    path = tmp_path / "empty.db"
    Table.open(path, create=True).close()
    return path


def test_a_profile_is_loaded_by_the_former_name_with_a_warning(table: Path) -> None:
    words = r"latency\.load_wanted is called latency\.find_predictor now"
    query = latency.ProfileQuery(device="other")
    with (
        pytest.warns(DeprecationWarning, match=words) as said,
        pytest.raises(InputError, match="is empty"),
    ):
        latency.load_wanted(table, wanted=query, raw=True)
    assert [warning.filename for warning in said] == [__file__]


FUNCTIONS: dict[str, dict[str, object]] = {
    "check": {},
    "profile_networks": {"space": None, "networks": 0},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_former_keyword_is_taken_with_a_warning(function: str, table: Path) -> None:
    with (
        pytest.warns(DeprecationWarning, match=f"`wanted` of {function} is called `query`") as said,
        pytest.raises(InputError, match="is empty"),
    ):
        getattr(latency, function)(
            path=table, wanted=latency.ProfileQuery(runtime="litert"), **FUNCTIONS[function]
        )
    assert [warning.filename for warning in said] == [__file__]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_keyword_by_both_names_is_refused(function: str, table: Path) -> None:
    query = latency.ProfileQuery()
    with (
        pytest.warns(DeprecationWarning, match="is called"),
        pytest.raises(TypeError, match=f"{function} got 'query' twice: as 'wanted' too"),
    ):
        getattr(latency, function)(path=table, wanted=query, query=query, **FUNCTIONS[function])


def test_names_that_never_were_are_refused() -> None:
    with pytest.raises(AttributeError, match="wanted"):
        _ = latency.wanted  # type: ignore[attr-defined]


def test_a_protocol_is_made_and_asked_by_former_names_with_a_warning() -> None:
    words = r"Protocol\.anchors is called Protocol\.calibration_networks now"
    with pytest.warns(DeprecationWarning, match=words) as made:
        protocol = latency.Protocol(rounds=2, anchors=3)  # type: ignore[call-arg]
    assert protocol == latency.Protocol(rounds=2, calibration_networks=3)
    with pytest.warns(DeprecationWarning, match=words) as asked:
        assert protocol.anchors == 3  # type: ignore[attr-defined]
    assert made[0].filename == asked[0].filename == __file__
    assert replace(protocol, rounds=4) == latency.Protocol(rounds=4, calibration_networks=3)


def test_a_field_by_both_names_is_refused() -> None:
    both = {"anchors": 3, "calibration_networks": 3}
    with (
        pytest.warns(DeprecationWarning, match="anchors is called"),
        pytest.raises(TypeError, match="'calibration_networks' twice"),
    ):
        latency.Protocol(**both)


@pytest.mark.parametrize("arguments", [{"calibration_networks": -1}, {"anchors": -1}])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_is_held_against_its_range_by_either_name(arguments: dict[str, int]) -> None:
    with pytest.raises(InputError, match="`calibration_networks` -1 is not at least 0"):
        latency.Protocol(**arguments)
