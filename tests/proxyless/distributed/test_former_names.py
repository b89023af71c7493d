"""What release 0.2 kept, and how it was told: names of then are read as those of today."""

import importlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from crew import Crew
from support import run_cli
from torch import nn
from torch.optim import SGD

import proxyless.distributed
from proxyless import TaskConfig, TrainConfig
from proxyless.config import SyncConfig
from proxyless.distributed import Delayed, DistributedError
from proxyless.distributed.algorithm.codecs.half import Half
from proxyless.distributed.algorithm.local_update.quasi_hyperbolic import QUICK, momentum_for
from proxyless.distributed.membership.rendezvous import Rendezvous
from proxyless.distributed.membership.view import Report, View
from proxyless.engine.configuration_check import ConfigurationCheck
from proxyless.runs.phase_directory import PhaseDirectory
from search_spaces import Architecture, InputError, Space
from search_spaces.schema import dump, parse

TODAY = {"damped": "quasi-hyperbolic", "exact": "replay"}


@pytest.fixture
def config(micro: Space) -> TrainConfig:
    architecture = Architecture.choose(micro, [3, 4, 2, 0])
    sync = SyncConfig(2, delay=4, local_update="replay")
    return TrainConfig(TaskConfig("photos", ""), architecture, sync=sync)


def as_before(config: TrainConfig, ahead: str) -> dict[str, Any]:
    """Return plain data as release 0.2 kept it."""
    plain: dict[str, Any] = dump(config)
    del plain["sync"]["local_update"]
    plain["sync"]["ahead"] = ahead
    return plain


@pytest.mark.parametrize("ahead", TODAY)
@pytest.mark.parametrize("field", ["ahead", "local_update"])
def test_a_configuration_in_python_is_made_with_warnings(field: str, ahead: str) -> None:
    with pytest.warns(DeprecationWarning, match="called") as said:
        made = SyncConfig(2, **{field: ahead})  # type: ignore[arg-type]
    assert made == SyncConfig(2, local_update=TODAY[ahead])
    messages = [str(warning.message) for warning in said]
    assert messages[-1] == f"local_update {ahead!r} is called {TODAY[ahead]!r} now"
    assert (messages[0] == "SyncConfig.ahead is called SyncConfig.local_update now") == (
        field == "ahead"
    )
    assert {warning.filename for warning in said} == {__file__}
    with pytest.warns(DeprecationWarning, match=r"SyncConfig\.ahead is called"):
        assert made.ahead == TODAY[ahead]  # type: ignore[attr-defined]


@pytest.mark.parametrize("ahead", TODAY)
def test_a_configuration_is_read(config: TrainConfig, ahead: str) -> None:
    assert config.sync is not None
    expected = replace(config, sync=replace(config.sync, local_update=TODAY[ahead]))
    assert parse(TrainConfig, as_before(config, ahead), "config.json") == expected


def test_a_run_goes_on(config: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").touch()
    (tmp_path / "config.json").write_text(json.dumps(as_before(config, "exact")))
    assert PhaseDirectory.is_begun(tmp_path, config)
    (tmp_path / "config.json").write_text(json.dumps(as_before(config, "damped")))
    with pytest.raises(InputError, match="local_update = 'quasi-hyperbolic', not 'replay'"):
        PhaseDirectory.is_begun(tmp_path, config)


def test_what_workers_agreed_on_is_read(config: TrainConfig) -> None:
    facts = json.loads(ConfigurationCheck(config, images=7).facts)
    del facts["sync"]["local_update"]
    for ahead, agrees in {"exact": True, "damped": False}.items():
        facts["sync"]["ahead"] = ahead
        kept = {"facts": json.dumps(facts)}
        if agrees:
            ConfigurationCheck(config, images=7).load_state_dict(kept)
        else:
            with pytest.raises(InputError, match="with local_update = 'replay', the other"):
                ConfigurationCheck(config, images=7).load_state_dict(kept)


def checkpoint(ahead: str) -> dict[str, Any]:
    """Return what a trainer of release 0.2 kept, with SGD that had momentum 0.9."""
    return {
        "round": 3,
        "position": 6,
        "drained": 6,
        "selection": {"chosen": "direct", "from": 0},
        "settings": {"delay": 2, "period": 2, "ahead": ahead, "transport": "direct"},
        "base": {
            "weights": [torch.tensor([1.0, 2.0])],
            "states": [{"momentum_buffer": torch.tensor([3.0, 4.0])}],
        },
        "buffers": [torch.tensor(5.0)],
        "companions": [{"facts": "alike"}],
    }


class Facts:
    """Synchronised state of a user's."""

    facts = ""

    def state_dict(self) -> dict[str, Any]:
        return vars(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


@pytest.mark.parametrize("ahead", TODAY)
def test_a_checkpoint_is_read(ahead: str) -> None:
    weights, buffer, facts = nn.Parameter(torch.zeros(2)), torch.zeros(()), Facts()
    trainer = Delayed(
        SGD([weights], 0.1, 0.9),
        Crew(1).membership(0),
        delay=2,
        period=2,
        local_update=TODAY[ahead],
        buffers=[buffer],
        synchronised=[facts],
    )
    trainer.load_state_dict(checkpoint(ahead))
    assert (trainer.position, trainer.committed_round, trainer.drained) == (6, 3, 6)
    assert (weights.tolist(), buffer.item(), facts.facts) == ([1.0, 2.0], 5.0, "alike")
    (state,) = trainer.state.states
    if ahead == "exact":
        assert state["momentum_buffer"].tolist() == [3.0, 4.0]
    else:
        average = QUICK * momentum_for(3) / (1 - QUICK) * torch.tensor([3.0, 4.0])
        torch.testing.assert_close(state, {"exp_avg": average})
        trainer.join()
        weights.grad = torch.tensor([1.0, -1.0])
        trainer.step()
        trainer.step()
        trainer.leave()
        old = SGD([parameter := nn.Parameter(torch.tensor([1.0, 2.0]))])
        momentum = momentum_for(3)
        old.param_groups[0].update(
            lr=QUICK * 0.1 / (1 - 0.9),
            momentum=momentum,
            dampening=1 - (1 - momentum) / momentum * (1 - QUICK) / QUICK,
            nesterov=True,
        )
        old.state[parameter]["momentum_buffer"] = torch.tensor([3.0, 4.0])
        parameter.grad = torch.tensor([1.0, -1.0])
        old.step()
        old.step()
        torch.testing.assert_close(weights, parameter)


@pytest.mark.parametrize("words", [("--ahead", "damped"), ("--ahead=damped",)])
@pytest.mark.parametrize("verb", ["search", "train"])
def test_options_are_taken_and_said(verb: str, words: tuple[str, ...], tmp_path: Path) -> None:
    run = ["--max-macs", "1M"] if verb == "search" else [str(tmp_path)]
    outcome = run_cli(verb, *run, "--sync", "delayed", "--delay", 4, *words)
    first, second, *_ = outcome.stderr.splitlines()
    assert first == "--ahead is called --local-update now, and will go in the next release"
    assert second == "damped is called quasi-hyperbolic now, and will go in the next release"
    assert outcome.status == 2


def test_a_value_of_before_is_taken_by_the_option_of_today() -> None:
    said = run_cli("search", "--max-macs", "1M", "--local-update", "exact", "--sync", "none").stderr
    assert said.startswith("exact is called replay now")
    assert "--local-update is for workers" in said


@pytest.mark.parametrize("text", ['ahead = "exact"\n', '[sync]\nahead = "exact"\n'])
def test_a_settings_file_is_read_and_that_is_said(text: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    outcome = run_cli("search", "--max-macs", "1M", "--config", file, "--sync", "delayed")
    assert "settings.toml has names of the last release" in outcome.stderr
    assert "ahead is called local_update now" in outcome.stderr
    assert "needs --delay" in outcome.stderr


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], Any]:
    """Return a function that imports from a former place, where the warning has these words."""

    def load(place: str, name: str, today: str) -> Any:
        module = f"proxyless.distributed.{place}"
        monkeypatch.delitem(sys.modules, module, raising=False)
        words = f"{module}.{name} is called proxyless.distributed.{today} now"
        with pytest.warns(DeprecationWarning, match=re.escape(words)):
            return getattr(importlib.import_module(module), name)

    return load


def test_documented_places_are_imported_with_a_warning(former: Callable[..., Any]) -> None:
    assert former("exchange", "Exchange", "Membership") is proxyless.distributed.Membership
    assert former("world", "World", "World") is proxyless.distributed.World


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, {"local_update": "replay", "transport": "direct"}),
        (
            {"delay": 3, "period": 2, "ahead": "damped", "transport": "auto"},
            {"delay": 3, "period": 2},
        ),
        (
            {"delay": 3, "ahead": "exact", "codec": Half()},
            {"delay": 3, "local_update": "replay", "transport": "direct", "codec": "half"},
        ),
    ],
)
def test_the_documented_loop_trains_as_it_did(
    before: dict[str, Any], now: dict[str, Any], former: Callable[..., Any]
) -> None:
    def train(kind: type[Delayed], settings: dict[str, Any]) -> list[str]:
        crew = Crew(2)

        def work(rank: int) -> str:
            weights = nn.Parameter(torch.ones(3))
            trainer = kind(SGD([weights], 0.1, 0.9), crew.membership(rank), **settings)
            trainer.join()
            for step in range(6):
                weights.grad = torch.arange(3.0) * (step + 1) - rank
                trainer.step()
            trainer.leave()
            return trainer.digest()

        return crew.run(work)

    kind = former("delayed", "Delayed", "Delayed")
    assert train(kind, before) == train(Delayed, now)


def test_further_keywords_of_before_are_those_of_today(former: Callable[..., Any]) -> None:
    facts = Facts()
    heard: list[int] = []
    averages: list[dict[str, torch.Tensor]] = []
    weights = nn.Parameter(torch.zeros(2))
    trainer = former("delayed", "Delayed", "Delayed")(
        SGD([weights], 0.1),
        Crew(1).membership(0),
        companions=[facts],
        learn=averages.append,
        committed=heard.append,
    )
    trainer.join()
    weights.grad = torch.ones(2)
    trainer.step(lambda: {"seen": torch.tensor([2.0])})
    trainer.leave()
    assert trainer.synchronised == [facts]
    assert [one["seen"].tolist() for one in averages] == [[2.0]]
    assert heard == [1]


@pytest.mark.parametrize("ahead", TODAY)
def test_a_worker_of_another_release_is_refused(ahead: str) -> None:
    """The first to join has begun with other weights, which the second is to take."""
    crew = Crew(2)

    def work(rank: int) -> str:
        weights = nn.Parameter(torch.full((2,), float(rank)))
        trainer = Delayed(SGD([weights], 0.1), crew.membership(rank), delay=2)
        if rank == 0:
            trainer.settings = {"delay": 2, "period": 1, "ahead": ahead, "transport": "auto"}
        try:
            trainer.join()
            trainer.leave()
        except DistributedError as error:
            trainer.membership.close()
            return str(error)
        return ""

    assert crew.run(work) == [
        "",
        "the other workers run another release, as only one of the two has `ahead` and "
        "`local_update`: install the same release for all workers",
    ]


VIEW = {"number": 1, "members": [0, 1], "committed": 0, "joining": [0, 1], "fetching": [1]}
REPORT = {"rank": 1, "round": 0, "digest": "", "joining": True, "suspects": []}


def test_a_view_of_another_release_is_refused() -> None:
    """Release 0.2 called the source of the state its sponsor."""
    store = Crew(1).store
    rendezvous = Rendezvous(store, 0)
    store.set("view/1/decision", json.dumps({**VIEW, "source": 0}))
    assert rendezvous.decision(1) == View(1, (0, 1), 0, (0, 1), (1,), 0)
    store.set("view/2/decision", json.dumps({**VIEW, "sponsor": 0}))
    sentence = "has another release, as its View differs in source and sponsor: install the same"
    with pytest.raises(DistributedError, match=sentence):
        rendezvous.decision(2)


@pytest.mark.parametrize("field", [*(name for name in REPORT if name != "rank"), "another"])
def test_a_report_of_another_release_is_refused(field: str) -> None:
    store = Crew(1).store
    rendezvous = Rendezvous(store, 0)
    store.set("view/1/reports", json.dumps(REPORT) + "\n")
    assert rendezvous.reports(1) == {1: Report(0, "", joining=True)}
    changed = {name: value for name, value in REPORT.items() if name != field}
    store.set("view/2/reports", json.dumps(changed | ({field: 1} if changed == REPORT else {})))
    with pytest.raises(DistributedError, match=f"as its Report differs in {field}: install"):
        rendezvous.reports(2)
