"""Codecs, aggregators and local updates that installed packages offer."""

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from crew import Crew
from torch import Tensor, nn
from torch.optim import SGD

from proxyless.distributed import Codec, Delayed, DistributedError, get_codec
from proxyless.distributed.algorithm.aggregators import AGGREGATORS
from proxyless.distributed.algorithm.codecs import CODECS
from proxyless.distributed.algorithm.local_update import LOCAL_UPDATES
from proxyless.distributed.registry import Registry

PACKAGE = '''
from typing import Self

import torch
from torch import Tensor

from proxyless.distributed import Aggregator, Codec, CodecOptions, LocalUpdate


class Sign(Codec):
    """Signs, and the mean of absolute values of the share of values that was asked for."""

    def __init__(self, kept: float) -> None:
        self.kept = kept

    @classmethod
    def from_options(cls, options: CodecOptions) -> Self:
        return cls(options.kept)

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        return {"signs": values.sign().to(torch.int8), "scale": values.abs().mean()[None]}

    def decode(self, sent: dict[str, Tensor], size: int) -> Tensor:
        return sent["signs"].float() * sent["scale"]


class Median(Aggregator):
    def __call__(self, contributions: list[Tensor]) -> Tensor:
        return torch.stack(contributions).median(0).values


class Nothing(LocalUpdate):
    """Wait for the averages."""

    def step(self, state): pass
    def rebase(self, state, touched, pending): pass
    def reset(self, state): pass


class Other: pass
'''
ENTRY_POINTS = """
[proxyless.codecs]
sign = third_party:Sign
dense = third_party:Sign
other = third_party:Other
gone = third_party:Gone
missing = no_such_package:Codec
[proxyless.aggregators]
median = third_party:Median
[proxyless.local_updates]
nothing = third_party:Nothing
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a package of this name with these entry points."""

    def put(name: str = "third-party", points: str = ENTRY_POINTS) -> None:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(PACKAGE)
        facts = tmp_path / f"{module}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text(points)
        monkeypatch.syspath_prepend(str(tmp_path))
        for registry in (CODECS, AGGREGATORS, LOCAL_UPDATES):
            vars(registry).pop("_offered", None)

    yield put
    sys.modules.pop("third_party", None)
    for registry in (CODECS, AGGREGATORS, LOCAL_UPDATES):
        vars(registry).pop("_offered", None)


def test_training_takes_all_three_by_name(install: Install) -> None:
    install()
    crew = Crew(3)

    def work(rank: int) -> tuple[str, Codec, Tensor, Tensor]:
        weights = nn.Parameter(torch.zeros(4))
        trainer = Delayed(
            SGD([weights], lr=0.1),
            crew.membership(rank),
            delay=2,
            codec=get_codec("sign", 0.5),
            aggregator="median",
            local_update="nothing",
        )
        trainer.join()
        for _ in range(4):
            weights.grad = torch.full((4,), [1.0, 2.0, 30.0][rank])
            trainer.step()
        before = weights.detach().clone()
        trainer.leave()
        return trainer.digest(), trainer.codec, before, weights.detach()

    ends = crew.run(work)
    assert len({digest for digest, *_ in ends}) == 1
    _, codec, before, after = ends[0]
    assert vars(codec) == {"kept": 0.5}
    torch.testing.assert_close(before, torch.full((4,), -2 * 0.1 * 2.0), msg="two of four rounds")
    torch.testing.assert_close(after, torch.full((4,), -4 * 0.1 * 2.0))


def test_names_stand_behind_the_built_in_ones(install: Install) -> None:
    install()
    assert CODECS.names() == ("dense", "half", "top-k", "gone", "missing", "other", "sign")
    assert AGGREGATORS.names() == ("mean", "median")
    with pytest.raises(
        DistributedError, match=r"no codec 'sing': choose one of dense, .*, sign, or install"
    ):
        get_codec("sing")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "other",
            r"codec 'other' of third-party 1.0 is no subclass of .*Codec: mend or uninstall",
        ),
        ("gone", r"codec 'gone' of third-party 1.0 cannot be imported \(AttributeError: "),
        ("missing", r"'missing' of third-party 1.0 cannot be imported \(ModuleNotFoundError: "),
    ],
)
def test_a_faulty_package_is_named(install: Install, name: str, sentence: str) -> None:
    install()
    with pytest.raises(DistributedError, match=sentence):
        get_codec(name)


def test_two_packages_with_one_name_are_refused_when_it_is_asked_for(install: Install) -> None:
    install()
    install("second-party", "[proxyless.codecs]\nsign = second_party:Sign\n")
    assert type(get_codec("half")).__name__ == "Half"
    sentence = "codec 'sign' is offered by second-party 1.0 and third-party 1.0: uninstall all but"
    with pytest.raises(DistributedError, match=sentence):
        get_codec("sign")


def test_a_built_in_name_stays_the_built_in_ones_and_that_is_said_once(
    install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install()
    with caplog.at_level(logging.WARNING, "proxyless.distributed.registry"):
        CODECS.names()
        CODECS.names()
        assert type(get_codec("dense")).__module__.startswith("proxyless.")
    assert [record.getMessage() for record in caplog.records] == [
        "codec 'dense' of third-party 1.0 is left out: a built-in one has that name"
    ]


def test_a_fault_of_a_built_in_one_shows_itself() -> None:
    registry = Registry("codec", "proxyless.none", {"wrong": "no_such_package:Codec"})
    with pytest.raises(ModuleNotFoundError):
        registry.load("wrong", Codec)  # type: ignore[type-abstract]
