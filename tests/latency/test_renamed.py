"""Names of the release before this one."""

from dataclasses import replace

import pytest

import latency
from search_spaces import InputError


@pytest.mark.parametrize(
    ("former", "name"), [("Wanted", "ProfileQuery"), ("load_wanted", "find_predictor")]
)
def test_former_names_are_the_same_thing_with_a_warning(former: str, name: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"latency.{former} is called latency.{name} now"):
        assert getattr(latency, former) is getattr(latency, name)


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
