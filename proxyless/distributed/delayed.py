"""Delayed-synchronous training: a worker never waits for what is still on its way.

Zhu et al., "Distributed Training Across the World" (2019), and Delayed Gradient Averaging (NeurIPS
2021): every worker steps with its own gradient at once and replaces it by the average of all when
that arrives, ``delay`` steps later. Here for any optimiser, see :mod:`.base`, and for long delays,
see :mod:`.ahead.damped`.
"""

import io
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer

from search_spaces import InputError

from .aggregators import Aggregator, Mean, SumAggregator
from .ahead import get_ahead
from .base import Base, Gradients, Settings, digest
from .codecs import Codec
from .codecs.dense import Dense
from .contribution import Averaged, Encoder, summand
from .exchange import Exchange
from .ledger import Commit
from .rounds import ExcludedError, Sponsorship, Values
from .selection import Selection

Observed = dict[str, Tensor]


class Companion(Protocol):
    """State that commits change beside the optimiser's; a worker that joins fetches it too."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return it: numbers, texts and tensors."""

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Take it over."""


@dataclass
class _Round:
    """Steps whose gradients are exchanged together."""

    ends: int
    drains: bool = False
    gradients: Gradients = field(default_factory=dict)
    steps: list[Settings] = field(default_factory=list)

    def add(self, parameters: list[Tensor], settings: Settings) -> None:
        """Add a step with the gradients that parameters have now."""
        self.steps.append(settings)
        for number, parameter in enumerate(parameters):
            if parameter.grad is not None:
                gradient = parameter.grad.detach()
                if number in self.gradients:
                    self.gradients[number] += gradient
                else:
                    self.gradients[number] = gradient.clone()

    def mean(self) -> Gradients:
        """Return the mean gradient of its steps."""
        if len(self.steps) <= 1:
            return self.gradients
        return {number: sum_ / len(self.steps) for number, sum_ in self.gradients.items()}


class Delayed:
    """Steps ``optimizer`` with averages of all workers' gradients, ``delay`` steps late.

    In a training loop, :meth:`step` stands where ``optimizer.step()`` stood, :meth:`join` before
    the loop and :meth:`drain` after it; ``position`` counts the steps made, and jumps when this
    worker was cut off and fetched the base of the others.

    ``period``: gradients of so many steps are averaged and exchanged together; the base then takes
    as many steps, each with their mean. With ``delay`` 0 and ``period`` 1 training is synchronous.

    What else has to agree is *observed*: :meth:`step` takes a function that returns named tensors;
    their averages go to ``learn`` when the round is committed, at the same place in the order of
    everything on every worker. ``companions`` hold what ``learn`` changes. ``buffers`` (running
    statistics) are averaged at every drain.

    ``ahead``: how far a worker goes with its own gradients until their averages come: "exact", as
    far as the optimiser takes it, or "damped", which long delays need (see :mod:`.ahead`).

    ``transport``: how gradients travel, "direct", "ring", or "auto" for whichever turns out to be
    faster (see :mod:`.selection`); codecs that lose something, and aggregators that need every
    worker's own gradient, travel directly.

    Raises:
        InputError: a delay below 0, a period below 1, an optimiser that does not treat parameters
            one by one, a way ahead that is not one for the optimiser, or a transport that the codec
            or the aggregator cannot take.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        exchange: Exchange,
        *,
        delay: int = 0,
        period: int = 1,
        codec: Codec | None = None,
        aggregator: Aggregator | None = None,
        ahead: str = "exact",
        transport: str = "direct",
        buffers: Iterable[Tensor] = (),
        companions: Iterable[Companion] = (),
        learn: Callable[[Observed], None] | None = None,
        committed: Callable[[int], None] | None = None,
    ) -> None:
        if delay < 0:
            raise InputError(f"a delay of {delay} steps is below 0")
        if period < 1:
            raise InputError(f"a period of {period} steps is not at least 1")
        if isinstance(optimizer, torch.optim.LBFGS):
            raise InputError("L-BFGS does not treat parameters one by one: choose SGD or Adam")
        self.optimizer, self.exchange = optimizer, exchange
        self.delay, self.period = delay, period
        self.settings = {"delay": delay, "period": period, "ahead": ahead, "transport": transport}
        self.ahead = get_ahead(ahead, optimizer, delay, period)
        self.codec = codec or Dense()
        self.aggregator = aggregator or Mean()
        self.selection = Selection(
            self._transport(transport), delay + 1, math.ceil(delay / period) + 1
        )
        self.buffers = [one for one in buffers if one.is_floating_point()]
        self.companions = list(companions)
        self.learn, self.committed = learn, committed
        self.base = Base(optimizer)
        self.base_round = self.base_position = 0
        self.position = 0
        self.drained = -1
        self._encoder = Encoder(self.base.parameters, self.codec)
        self._open = _Round(0)
        self._pending: deque[_Round] = deque()

    def _transport(self, asked: str) -> str:
        """Return the transport to use; a ring can only sum whole gradients."""
        sums = self.codec.exact and isinstance(self.aggregator, SumAggregator)
        if asked == "ring" and not sums:
            raise InputError(
                "a ring sums gradients on the way: it takes the dense codec and the mean; "
                "choose the transport direct, or auto"
            )
        return asked if sums and (asked != "auto" or self.exchange.world.size > 2) else "direct"

    def join(self) -> None:
        """Become a member: with the others' base, if they are ahead or began differently.

        Raises:
            InputError: the others train with other settings.
        """
        joined = self.exchange.join(self.base_round, digest(self._base_state()))
        if joined.state is not None:
            buffer = io.BytesIO(joined.state.numpy().tobytes())
            state = torch.load(buffer, map_location="cpu", weights_only=True)
            for name, theirs in state["settings"].items():
                if (mine := self.settings[name]) != theirs:
                    raise InputError(
                        f"the other workers train with a {name} of {theirs}, this one with "
                        f"{mine}: start all with the same"
                    )
            self.load_state_dict(state)

    def step(self, observe: Callable[[], Observed] | None = None) -> None:
        """Take a step with the gradients that the parameters have.

        ``observe`` is called after it; it must be given at the same steps by every worker.
        """
        self._open.add(self.base.parameters, self.ahead.settings(self.base.settings()))
        closes = observe is not None or len(self._open.steps) == self.period
        if observe is not None or self.delay > 0 or self.period > 1:
            self.ahead.step(self.base)
        self.position += 1
        if closes:
            self._close(observe() if observe is not None else None)
            self._settle(self.delay)

    def drain(self) -> None:
        """Wait for everything that is on its way: all workers are equal after it.

        Every worker must drain at the same steps. Draining again at a step changes nothing.
        """
        if self.drained != self.position and (self._open.steps or self.buffers):
            self._open.drains = True
            self._close(None, self.buffers)
        self._settle(0)
        self.ahead.rest(self.base)

    def leave(self) -> None:
        """Drain for the last time, and let the others do the same."""
        self.drain()
        self.exchange.leave(self._serialised)

    def _close(self, observed: Observed | None, buffers: Iterable[Tensor] = ()) -> None:
        """Send the open round, and open the next."""
        closed, self._open = self._open, _Round(self.position)
        closed.ends = self.position
        self._pending.append(closed)
        round_, gradients = self.base_round + len(self._pending), closed.mean()
        apart = self.selection.of(round_) == "ring"
        payload = self._encoder.encode(
            gradients, observed, list(buffers), self.selection.measured(round_), apart
        )
        self.exchange.post(round_, payload, self._summand_of(gradients) if apart else None)

    def _summand_of(self, gradients: Gradients) -> Values:
        parameters, device = self.base.parameters, self.exchange.world.device
        return lambda contributions: summand(gradients, contributions, parameters, device)

    def _settle(self, delay: int) -> None:
        """Wait for the rounds that ended ``delay`` steps ago or more."""
        while self._pending and self._pending[0].ends <= self.position - delay:
            try:
                item = self.exchange.next()
            except ExcludedError:
                self.join_again()
                return
            if isinstance(item, Sponsorship):
                self.exchange.sponsor(item, self._serialised())
            else:
                self._commit(item)

    def join_again(self) -> None:
        """Come back after the others went on: forget what was on its way, fetch their base."""
        self.load_state_dict(self.state_dict())
        self.join()

    def _commit(self, commit: Commit) -> None:
        """Advance the base by a round, and the working weights from there."""
        sent = [payload for _, payload in sorted(commit.contributions.items())]
        averaged = Averaged.of(
            sent, self.base.parameters, self.codec, self.aggregator, commit.total
        )
        done = self._pending.popleft()
        touched = averaged.gradients.keys()
        self.base.check_out(touched)
        self.base.advance(averaged.gradients, done.steps)
        self.base.check_in(touched)
        waiting = ((later.mean(), later.steps) for later in self._pending)
        self.ahead.follow(self.base, touched, waiting)
        self.base_round, self.base_position = commit.round, done.ends
        if done.drains:
            self.drained = done.ends
        with torch.no_grad():
            for number, value in averaged.buffers.items():
                self.buffers[number].copy_(value)
        if commit.seconds is not None:
            self.selection.note(commit.round, commit.seconds)
        self.selection.learn(commit.round, averaged.timed)
        if averaged.observed and self.learn is not None:
            self.learn(averaged.observed)
        if self.committed is not None:
            self.committed(commit.round)

    def _base_state(self) -> dict[str, Any]:
        return {
            "round": self.base_round,
            "position": self.base_position,
            "drained": self.drained,
            "selection": self.selection.state_dict(),
            "settings": self.settings,
            "base": self.base.state_dict(),
            "buffers": self.buffers,
            "companions": [dict(one.state_dict()) for one in self.companions],
        }

    def digest(self) -> str:
        """Return the SHA-256 of the base: the same on every worker after the same round."""
        state = self._base_state()
        return digest({key: state[key] for key in ("round", "position", "base", "companions")})

    def state_dict(self) -> dict[str, Any]:
        """Return the base and how far it is: what a worker continues from."""
        return self._base_state()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a base; what was on its way is forgotten. Companions may refuse it."""
        self.ahead.rest(self.base)
        for companion, its in zip(self.companions, state["companions"], strict=True):
            companion.load_state_dict(its)
        self.base.load_state_dict(state["base"])
        self.base_round, self.base_position = state["round"], state["position"]
        self.position, self.drained = self.base_position, state["drained"]
        self.selection.load_state_dict(state["selection"])
        self._pending.clear()
        self._open = _Round(self.position)
        self._encoder = Encoder(self.base.parameters, self.codec)
        with torch.no_grad():
            for mine, given in zip(self.buffers, state["buffers"], strict=True):
                mine.copy_(given)

    def _serialised(self) -> Tensor:
        buffer = io.BytesIO()
        torch.save(self.state_dict(), buffer)
        return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)
