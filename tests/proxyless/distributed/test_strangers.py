"""States and contributions from elsewhere: refused in the wrong form, and nothing is lost."""

import io
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
from crew import PLAIN, Crew, batch, model
from hypothesis import given, strategies as st
from torch import Tensor
from torch.optim import SGD

from proxyless.distributed import Delayed, DistributedError, get_aggregator, get_codec
from proxyless.distributed.algorithm.contribution import Encoder, RoundAverage
from proxyless.distributed.algorithm.payload import from_bytes, to_bytes
from proxyless.distributed.algorithm.synchronised_state import Stateful


class Counter:
    """Further state of a kind."""

    def __init__(self) -> None:
        self.count = 0

    def state_dict(self) -> dict[str, object]:
        return {"count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.count = int(state["count"])


def trainer() -> Delayed:
    network = model()
    optimizer = SGD(network.parameters(), lr=0.05, momentum=0.9)
    counter: Stateful = Counter()
    found = Delayed(
        optimizer,
        Crew(1).membership(0),
        synchronised=[counter],
        buffers=[torch.zeros(3)],
        **PLAIN,
    )
    found.join()
    inputs, labels = batch(0, 0)
    F.cross_entropy(network(inputs), labels).backward()
    found.step()
    return found


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return what sets something within a state; a path has names and places."""

    def apply(state: dict[str, Any]) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = state
        for part in way:
            place = place[part]
        if value is KeyError:
            del place[last]
        else:
            place[last] = value

    return apply


WRONG = {
    **{f"no {key}": change(key, KeyError) for key in ("round", "base", "settings", "companions")},
    "round": change("round", -1),
    "round of text": change("round", "1"),
    "true round": change("round", True),
    "position": change("position", 2**60),
    "drained": change("drained", 1.5),
    "shared": change("shared", None),
    "selection": change("selection.chosen", "pigeon"),
    "weights": change("base.weights", []),
    "weight of text": change("base.weights.0", "x"),
    "shape": change("base.weights.0", torch.zeros(3)),
    "expanded": change("base.weights.0", torch.zeros(1).expand(10**12)),
    "dtype": change("base.weights.0", torch.zeros(8, 6, dtype=torch.float64)),
    "NaN": change("base.weights.0", torch.full((8, 6), float("nan"))),
    "infinity": change("buffers.0", torch.full((3,), float("inf"))),
    "states": change("base.states", [{}]),
    "a state of text": change("base.states.0", {"momentum_buffer": "x"}),
    "a state of another shape": change("base.states.0", {"momentum_buffer": torch.zeros(5)}),
    "a state of NaN": change(
        "base.states.0", {"momentum_buffer": torch.full((8, 6), float("nan"))}
    ),
    "buffers": change("buffers", [torch.zeros(3)] * 2),
    "parts": change("companions", []),
    "a part without a key": change("companions.0", {}),
    "a part of text": change("companions.0", "x"),
    "a part that is no number": change("companions.0", {"count": "x"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_state_of_the_wrong_form_is_refused_and_changes_nothing(name: str) -> None:
    mine = trainer()
    before = mine.digest()
    state = deepcopy(mine.state_dict())
    WRONG[name](state)
    with pytest.raises(DistributedError, match=r"^the state to continue from "):
        mine.load_state_dict(state)
    assert mine.digest() == before
    mine.membership.close()


def test_a_state_is_taken_over_as_it_was() -> None:
    mine, other = trainer(), trainer()
    other.load_state_dict(from_bytes(to_bytes(mine.state_dict())))
    assert other.digest() == mine.digest()


def test_a_state_of_an_earlier_release_counts_its_rounds_as_shared() -> None:
    mine = trainer()
    state = {name: value for name, value in mine.state_dict().items() if name != "shared"}
    mine.load_state_dict(state)
    assert mine.shared_rounds == mine.committed_round == 1


def bytes_of(content: bytes) -> Tensor:
    return torch.frombuffer(bytearray(content or b"\0"), dtype=torch.uint8)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_state_are_refused(content: bytes) -> None:
    with pytest.raises(DistributedError, match="damaged"):
        from_bytes(bytes_of(content))


@given(st.integers(0, 3000), st.integers(1, 255))
def test_a_state_with_a_byte_changed_is_read_or_refused(place: int, by: int) -> None:
    payload = to_bytes({"round": 1, "weights": torch.arange(100.0)})
    payload[place % len(payload)] ^= by
    said = ""
    try:
        from_bytes(payload)
    except DistributedError as refused:
        said = str(refused)
    assert "weights_only" not in said


def test_a_state_that_unpacks_to_more_than_was_sent_is_refused() -> None:
    packed = io.BytesIO()
    stored = zipfile.ZipFile(io.BytesIO(to_bytes({"w": torch.zeros(10**6)}).numpy().tobytes()))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in stored.infolist():
            archive.writestr(entry.filename, stored.read(entry))
    with pytest.raises(DistributedError, match="it is compressed"):
        from_bytes(bytes_of(packed.getvalue()))


def nested(levels: int, times: int) -> Any:
    """Return lists that hold the next one so many times."""
    inner: Any = 0
    for _ in range(levels):
        inner = [inner] * times
    return inner


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"x": torch.zeros(1).expand(10**12)}, "a tensor in it is larger than its data"),
        ({"x": torch.empty(10**12, device="meta")}, "a tensor in it is larger than its data"),
        ({"x": {1, 2}}, "it holds something else than numbers, texts and tensors"),
        ([1], "it holds something else than numbers, texts and tensors"),
        ({"x": nested(50, 2)}, "too many parts"),
        ({"x": nested(300, 1)}, "more than 64 deep"),
    ],
)
def test_a_state_that_is_more_than_its_bytes_is_refused(state: Any, words: str) -> None:
    with pytest.raises(DistributedError, match=words):
        from_bytes(to_bytes(state))


def contribution(codec: str = "dense", **changes: Any) -> Tensor:
    parameters = [torch.zeros(4), torch.zeros(2, 3)]
    gradients = {0: torch.ones(4), 1: torch.ones(2, 3)}
    payload = Encoder(parameters, get_codec(codec, 0.5)).encode(
        gradients, {"loss": torch.ones(2)}, [torch.ones(3)]
    )
    tensors = safetensors.torch.load(payload.numpy().tobytes())
    for name, value in changes.items():
        tensors[name.replace("__", ".")] = value
    return bytes_of(safetensors.torch.save({n: v for n, v in tensors.items() if v is not None}))


def averaged(codec: str, *sent: Tensor) -> RoundAverage:
    parameters = [torch.zeros(4), torch.zeros(2, 3)]
    return RoundAverage.of(
        sent, parameters, get_codec(codec, 0.5), get_aggregator("mean"), ranks=[0, 5][: len(sent)]
    )


@pytest.mark.parametrize("codec", ["dense", "half", "top-k"])
def test_contributions_of_one_kind_are_averaged(codec: str) -> None:
    assert len(averaged(codec, contribution(codec), contribution(codec)).gradients) == 2


@pytest.mark.parametrize(
    ("codec", "changes"),
    [
        ("dense", {"present": torch.ones(3, dtype=torch.bool)}),
        ("dense", {"present": torch.ones(2)}),
        ("dense", {"present": torch.ones(10**6, dtype=torch.bool)}),
        ("dense", {"gradient__values": None}),
        ("dense", {"gradient__values": torch.ones(9)}),
        ("dense", {"gradient__values": torch.ones(10, dtype=torch.float64)}),
        ("dense", {"gradient__values": torch.ones(2, 5)}),
        ("half", {"gradient__values": torch.ones(11).half()}),
        ("top-k", {"gradient__places": torch.tensor([0, 1, 2, 3, 10], dtype=torch.int32)}),
        ("top-k", {"gradient__places": torch.tensor([-1, 1, 2, 3, 4], dtype=torch.int32)}),
        ("top-k", {"gradient__places": torch.tensor([1, 2], dtype=torch.int32)}),
        ("top-k", {"gradient__places": torch.tensor([0.0, 1.0])}),
        ("top-k", {"gradient__places": None}),
        ("dense", {"statistic__loss": None}),
        ("dense", {"statistic__loss": torch.ones(3)}),
        ("dense", {"statistic__more": torch.ones(2)}),
        ("dense", {"buffer__0": torch.ones(4)}),
        ("dense", {"timed": torch.ones(3)}),
    ],
)
def test_a_contribution_of_another_kind_is_refused_and_its_sender_named(
    codec: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(DistributedError, match="worker 5 contributed is nothing to train with"):
        averaged(codec, contribution(codec), contribution(codec, **changes))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_contribution_are_refused_and_their_sender_named(content: bytes) -> None:
    with pytest.raises(DistributedError, match="worker 5"):
        averaged("dense", contribution(), bytes_of(content))


@pytest.mark.parametrize("length", [2**40, 2**62])
def test_a_header_of_any_length_takes_no_memory(length: int) -> None:
    with pytest.raises(DistributedError, match="worker 5"):
        averaged("dense", contribution(), bytes_of(length.to_bytes(8, "little") + b"{}"))


@pytest.mark.parametrize(
    "settings", [{"delay": -1}, {"delay": 10**9}, {"period": 0}, {"period": 10**9}]
)
def test_delays_and_periods_have_ends(settings: dict[str, Any]) -> None:
    with pytest.raises(DistributedError, match=next(iter(settings))):
        Delayed(SGD(model().parameters(), lr=0.1), Crew(1).membership(0), **settings)
