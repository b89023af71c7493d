"""Settings of ``profile`` by names of the release before this one: options, files."""

from pathlib import Path
from typing import Any

import pytest
from support import run_cli

import latency
from proxyless.runs.former_names import FIELDS, former_names_in, with_current_names
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
