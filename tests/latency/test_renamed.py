"""Names of the release before this one."""

import pytest

import latency


@pytest.mark.parametrize(
    ("former", "name"), [("Wanted", "ProfileQuery"), ("load_wanted", "find_predictor")]
)
def test_former_names_are_the_same_thing_with_a_warning(former: str, name: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"latency.{former} is called latency.{name} now"):
        assert getattr(latency, former) is getattr(latency, name)


def test_names_that_never_were_are_refused() -> None:
    with pytest.raises(AttributeError, match="wanted"):
        _ = latency.wanted  # type: ignore[attr-defined]
