import json

import pytest
from support import Outcome, run_cli

from proxyless.cli import plan as verb

SITES = ("--step-ms", 25, "--round-trip-ms", 120, "--bandwidth-mbps", 640)
GRADIENTS = ("--gradient-bytes", "128KB")


def planned(*options: object) -> Outcome:
    return run_cli("plan", *SITES, *GRADIENTS, *options)


def test_people_get_tables_and_the_command() -> None:
    outcome = planned()
    assert (outcome.status, outcome.stderr) == (0, "")
    words = outcome.stdout.split()
    assert {"synchronous", "local", "delayed", "recommended"} <= set(words)
    assert outcome.stdout.splitlines()[-1].startswith("torchrun --nnodes 4 ")


def test_json_has_seconds() -> None:
    found = json.loads(planned("--json").stdout)
    assert found["synchronous"]["exchange_seconds"] == pytest.approx(0.1248)
    assert (found["recommended"]["delay"], found["recommended"]["codec"]) == (5, "dense")
    assert found["required_bits_per_second"] is None
    assert "simulated" not in found["delayed"]


def test_simulation_stands_beside_the_forecast() -> None:
    options = ("--simulate", 200, "--tail", "lognormal:0.3", "--jitter", 0.1, "--seed", 3)
    found = json.loads(planned(*options, "--json").stdout)
    simulated = found["synchronous"]["simulated"]
    assert 0 < simulated["scalability"] < found["synchronous"]["scalability"]
    assert "Simulated, 200 rounds" in planned(*options).stdout


def test_a_plan_that_its_simulation_misses_is_warned_of() -> None:
    uneven = ("--simulate", 300, "--tail", "lognormal:0.5")
    assert "longer --delay" in planned(*uneven).stderr.replace("\n", " ")
    assert planned(*uneven, "--period", 1, "--delay", 40).stderr == ""


def test_a_long_simulation_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert planned("--simulate", 5).stderr == ""
    monkeypatch.setattr(verb, "QUIET_SECONDS", -1)
    assert planned("--simulate", 5).status == 0


def test_published_setting() -> None:
    ring = ("--transport", "ring", "--delay", 20, "--period", 12)
    outcome = run_cli(
        "plan", "--step-ms", 300, "--round-trip-ms", 160, "--bandwidth-mbps", 1e6,
        "--gradient-bytes", "24.37MB", *ring, "--json",
    )  # fmt: skip
    found = json.loads(outcome.stdout)
    assert found["synchronous"]["exchange_seconds"] == pytest.approx(0.48, rel=0.01)
    assert found["delayed"]["scalability"] == 1


def test_a_short_training_is_warned_of() -> None:
    assert "40,000" in planned("--steps", 40_000).stderr.replace("\n", " ")
    assert planned("--steps", 40_001).stderr == ""


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--workers", 1), "--workers 1"),
        (("--codec", "zip"), "zip"),
        (("--transport", "ring", "--codec", "top-k"), "--transport direct"),
        (("--tail", "gauss:1", "--simulate", 5), "gauss"),
        (("--tail", "gauss:1"), "gauss"),
        (("--simulate", -1), "--simulate -1"),
        (("--scalability", 2), "--scalability 2"),
        (("--delay", 0, "--scalability", 1), "--delay 0"),
        (("--delay", -1), "--delay -1"),
        (("--period", 0), "--period 0"),
        (("--delay", 3, "--period", 0), "--period 0"),
        (("--jitter", "nan", "--simulate", 5), "--jitter nan"),
        (("--step-ms", "inf"), "--step-ms inf is no number"),
        (("--period", 1, "--bandwidth-mbps", 0.001), "--period 1"),
    ],
)
def test_bad_input_is_one_sentence(options: tuple[object, ...], word: str) -> None:
    outcome = planned(*options)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert len(outcome.stderr.splitlines()) == 1
    assert word in outcome.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--codec", "top-k", "--kept", 2), "--kept 2 is not at most 1"),
        (("--workers", 1), "--workers 1 is not at least 2"),
        (("--period", 0), "--period 0 is not at least 1"),
    ],
)
def test_an_error_of_the_library_is_said_of_options_with_status_2(
    words: tuple[object, ...], sentence: str
) -> None:
    outcome = planned(*words)
    assert outcome.status == 2
    assert sentence in outcome.stderr
    assert outcome.stdout == ""
