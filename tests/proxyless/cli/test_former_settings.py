"""Settings of ``profile`` by names of the release before this one: options, files."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support import run_cli

import latency
from proxyless.engine.configuration_check import MAY_DIFFER, ConfigurationCheck
from proxyless.runs.differences import CHANGES_NO_RESULT, first_difference
from proxyless.runs.former_names import FIELDS, VALUES, former_names_in, with_current_names
from search_spaces import InputError


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[latency.Protocol]:
    """Protocols that a table is asked for with; nothing is measured."""
    protocols: list[latency.Protocol] = []

    def profile(*values: Any) -> None:
        protocols.append(values[4])
        raise InputError("asked")

    monkeypatch.setattr(latency, "profile", profile)
    return protocols


@pytest.mark.parametrize("words", [("--anchors", 2), ("--anchors=2",)])
def test_the_former_option_is_taken_and_said(
    words: tuple[object, ...], asked: list[latency.Protocol]
) -> None:
    said = run_cli("profile", "--space", "tiny", *words).stderr
    assert said.startswith(
        "--anchors is called --calibration-networks now, and will go in the next release\n"
    )
    assert asked == [latency.Protocol(calibration_networks=2)]


@pytest.mark.parametrize("text", ["anchors = 2\n", "[protocol]\nanchors = 2\n"])
def test_a_file_of_before_is_read_and_that_is_said(
    text: str, asked: list[latency.Protocol], tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    said = run_cli("profile", "--space", "tiny", "--config", file).stderr
    names = "anchors is called calibration_networks now"
    assert f"names of the last release, which will go in the next: {names}\n" in said
    assert asked == [latency.Protocol(calibration_networks=2)]


def test_options_of_another_verb_are_not_taken() -> None:
    outcome = run_cli("train", "somewhere", "--anchors", 2)
    assert outcome.status == 2
    assert "is called" not in outcome.stderr


def test_names_are_found_wherever_they_stand() -> None:
    kept = {"sync": [{"ahead": "damped"}], "protocol": {"anchors": 1}, "data": "exact"}
    assert former_names_in(kept) == {**FIELDS, "damped": "quasi-hyperbolic"}
    today = {
        "sync": [{"local_update": "quasi-hyperbolic"}],
        "protocol": {"calibration_networks": 1},
        "data": "exact",
    }
    assert with_current_names(kept) == with_current_names(today) == today
    assert former_names_in(today) == {}


OPERATION_FIELDS = st.dictionaries(
    st.sampled_from(sorted({*FIELDS, *VALUES, *MAY_DIFFER, *CHANGES_NO_RESULT})),
    st.sampled_from(["damped", "exact", "hub:a/b", "a/b", 1]),
    min_size=1,
)
"""Fields of an operation of somebody else's, by names that configurations have for other things."""


def config_of(operation: dict[str, Any]) -> dict[str, Any]:
    return {"architecture": {"name": "found", "operations": [{"kind": "other", **operation}]}}


@given(OPERATION_FIELDS)
def test_operations_are_left_as_they_are(operation: dict[str, Any]) -> None:
    config = config_of(operation)
    assert with_current_names(config) == config
    assert former_names_in(config) == {}


@given(OPERATION_FIELDS, OPERATION_FIELDS)
def test_operations_are_compared_whole(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = config_of(one), config_of(other)
    assert (first_difference(first, second) is None) == (one == other)


@given(OPERATION_FIELDS, OPERATION_FIELDS)
def test_workers_have_the_same_operations(one: dict[str, Any], other: dict[str, Any]) -> None:
    checks = [ConfigurationCheck(config_of(operation)) for operation in (one, other)]
    with nullcontext() if one == other else pytest.raises(InputError, match="was started with"):
        checks[0].load_state_dict(checks[1].state_dict())


def test_what_is_around_operations_may_differ() -> None:
    one, other = config_of({"batch": 1}), config_of({"batch": 1})
    other["architecture"]["name"] = "elsewhere"
    other["batch"] = 2
    ConfigurationCheck(one).load_state_dict(ConfigurationCheck(other).state_dict())


@pytest.mark.parametrize(
    "text",
    [
        '[sync]\nahead = "damped"\nlocal_update = "replay"\n',
        'ahead = "damped"\nlocal-update = "quasi-hyperbolic"\n',
    ],
)
def test_a_field_by_both_names_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    outcome = run_cli("search", "--max-macs", "1M", "--sync", "delayed", "--config", file)
    assert outcome.status == 2
    words = "local_update is there twice, by its former name ahead too: remove one of them"
    assert outcome.stderr == f"error: {file}: {words}\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('local_update = "damped"\n', "damped is called quasi-hyperbolic now"),
        ('ahead = "replay"\n', "ahead is called local_update now"),
        (
            '[sync]\nahead = "exact"\n',
            "ahead is called local_update now, exact is called replay now",
        ),
    ],
)
def test_what_was_written_is_said_and_no_more(text: str, names: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    said = run_cli("search", "--max-macs", "1M", "--sync", "delayed", "--config", file).stderr
    assert f"which will go in the next: {names}\n" in said
