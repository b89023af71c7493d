import pytest
import torch
from hypothesis import given, strategies as st

from proxyless.distributed import DistributedError, get_aggregator, get_codec
from proxyless.distributed.algorithm.codecs import CODECS
from proxyless.distributed.algorithm.codecs.base import Codec
from proxyless.distributed.algorithm.contribution import Encoder, RoundAverage

SHAPES = [(3, 4), (5,), (2, 2, 2)]


def parameters() -> list[torch.Tensor]:
    return [torch.zeros(shape) for shape in SHAPES]


def gradients(seed: int, numbers: list[int]) -> dict[int, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {n: torch.randn(SHAPES[n], generator=generator) for n in numbers}


@pytest.mark.parametrize("name", CODECS.names())
@given(seed=st.integers(0, 1000))
def test_what_a_codec_leaves_out_is_sent_later(name: str, seed: int) -> None:
    codec = get_codec(name, 0.25)
    encoder = Encoder(parameters(), codec)
    given_, arrived = torch.zeros(3, 4), torch.zeros(3, 4)
    for step in range(60):
        own = gradients(seed + step, [0, 2]) if step < 10 else {0: torch.zeros(3, 4)}
        given_ += own[0]
        sent = RoundAverage.of([encoder.encode(own)], parameters(), codec, get_aggregator("mean"))
        arrived += sent.gradients[0]
    torch.testing.assert_close(arrived, given_, atol=1e-3, rtol=1e-3)


class Rounded(Codec):
    """Whole numbers, rounded up or down by chance: what is left out differs each time."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(0)

    def encode(self, values: torch.Tensor) -> dict[str, torch.Tensor]:
        noise = torch.rand(values.shape, generator=self.generator)
        return {"values": (values + noise).floor()}

    def decode(self, sent: dict[str, torch.Tensor], size: int) -> torch.Tensor:
        return sent["values"]


def test_what_a_random_codec_leaves_out_is_sent_later() -> None:
    encoder = Encoder(parameters(), Rounded())
    total, arrived = torch.zeros(3, 4), torch.zeros(3, 4)
    for step in range(40):
        own = gradients(step, [0])
        total += own[0]
        sent = RoundAverage.of(
            [encoder.encode(own)], parameters(), Rounded(), get_aggregator("mean")
        )
        arrived += sent.gradients[0]
    torch.testing.assert_close(arrived + encoder.residual[0], total, atol=1e-4, rtol=0)
    assert (arrived - total).abs().max() < 1


def test_a_missing_gradient_counts_as_zero_in_the_mean() -> None:
    codec = get_codec("dense")
    one, other = gradients(1, [0, 1]), gradients(2, [1])
    sent = [Encoder(parameters(), codec).encode(its) for its in (one, other, {})]
    found = RoundAverage.of(sent, parameters(), codec, get_aggregator("mean")).gradients
    assert sorted(found) == [0, 1]
    torch.testing.assert_close(found[0], one[0] / 3)
    torch.testing.assert_close(found[1], (one[1] + other[1]) / 3)


def test_statistics_and_buffers_are_averaged() -> None:
    codec = get_codec("top-k", 0.5)
    sent = [
        Encoder(parameters(), codec).encode(
            {}, {"gates": torch.tensor([value, 2.0])}, [torch.tensor([value])]
        )
        for value in (1.0, 3.0)
    ]
    found = RoundAverage.of(sent, parameters(), codec, get_aggregator("mean"))
    assert found.gradients == {}
    assert found.statistics["gates"].tolist() == [2.0, 2.0]
    assert found.buffers[0].tolist() == [2.0]


def test_top_k_sends_eight_bytes_for_each_value_it_keeps() -> None:
    values = torch.arange(1000.0) - 500
    sent = get_codec("top-k", 0.01).encode(values)
    assert sum(one.numel() * one.element_size() for one in sent.values()) == 80
    assert sorted(sent["values"].abs().tolist(), reverse=True)[0] == 500


def test_half_cuts_what_is_beyond_its_range() -> None:
    sent = get_codec("half").encode(torch.tensor([1e6, -1e6, 1.0]))
    assert sent["values"].tolist() == [65504.0, -65504.0, 1.0]


@pytest.mark.parametrize(("name", "kept"), [("zip", 0.1), ("top-k", 0.0), ("top-k", 1.5)])
def test_codecs_that_cannot_be_are_refused(name: str, kept: float) -> None:
    with pytest.raises(DistributedError):
        get_codec(name, kept)
