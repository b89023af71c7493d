"""Delayed-synchronous training: a worker never waits for what is still on its way.

Zhu et al., "Distributed Training Across the World" (2019), and Delayed Gradient Averaging (NeurIPS
2021): every worker steps with its own gradient at once and replaces it by the average of all when
that arrives, ``delay`` steps later. Here for any optimiser, see :mod:`.synchronised_state`, and for
long delays, see :mod:`.local_update.quasi_hyperbolic`.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor
from torch.optim import Optimizer

from .. import defaults
from ..errors import DistributedError, first_line
from ..membership.commit_log import Commit
from ..membership.membership import Membership
from ..membership.rounds import ExcludedError, StateTransfer
from ..membership.sums import Values
from ..state import State
from ..transport.selection import Selection
from .aggregators.base import Aggregator, SumAggregator
from .aggregators.registry import get_aggregator
from .codecs.base import Codec
from .codecs.registry import get_codec
from .contribution import Encoder, RoundAverage, Statistics, summand
from .digest import digest
from .gradients import Gradients, Round
from .local_update.options import LocalUpdateOptions
from .local_update.registry import get_local_update
from .payload import LEAST_MESSAGE, from_bytes, to_bytes
from .state_check import check_state, check_tensors
from .synchronised_state import Stateful, SynchronisedState

LOG = logging.getLogger(__name__)
MOST_STEPS_LATE = 1_000_000
"""Steps of a delay or a period: more than most trainings have."""


class Delayed:
    """Steps ``optimizer`` with averages of all workers' gradients, ``delay`` steps late.

    In a training loop, :meth:`step` stands where ``optimizer.step()`` stood, :meth:`join` before
    the loop and :meth:`leave` after it; ``position`` counts the steps made, and jumps when this
    worker was cut off and fetched the state of the others.

    Defaults are those of :mod:`.defaults`, which the command line has too.

    Args:
        optimizer: Steps the parameters to train; its settings may change from step to step.
        membership: The workers of the run.
        delay: Steps that averages may come late.
        period: Gradients of so many steps are averaged and exchanged together; the synchronised
            state then takes as many steps, each with their mean. With ``delay`` 0 and ``period`` 1
            training is synchronous.
        codec: What gradients are sent as: a name, or one of your own.
        aggregator: How those of all workers become one: a name, or one of your own.
        local_update: What a worker does with its own gradients until averages come: "replay", the
            optimiser's steps, for any optimiser; "quasi-hyperbolic", which long delays need and
            which is for SGD; or one that an installed package offers.
        transport: How gradients travel: "direct", "ring", or "auto" for whichever turns out to be
            faster. Codecs that lose something, and aggregators that need every worker's own
            gradient, travel directly.
        buffers: Tensors that are averaged at every :meth:`drain`: running statistics.
        synchronised: Further state that ``apply_statistics`` changes, or that must be the same.
        apply_statistics: Is given the averages of what workers collected at a :meth:`step`, when
            its round is committed: at the same place in the order of everything on every worker.
        on_commit: Is told the number of every round that was committed.

    Raises:
        DistributedError: a delay below 0, a period below 1, an optimiser that does not treat
            parameters one by one or is none for the local update, a name that there is not, or a
            transport that the codec or the aggregator cannot take.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        membership: Membership,
        *,
        delay: int = defaults.DELAY,
        period: int = defaults.PERIOD,
        codec: Codec | str = defaults.CODEC,
        aggregator: Aggregator | str = defaults.AGGREGATOR,
        local_update: str = defaults.LOCAL_UPDATE,
        transport: str = defaults.TRANSPORT,
        buffers: Iterable[Tensor] = (),
        synchronised: Iterable[Stateful] = (),
        apply_statistics: Callable[[Statistics], None] | None = None,
        on_commit: Callable[[int], None] | None = None,
    ) -> None:
        if not 0 <= delay <= MOST_STEPS_LATE:
            bound = "below 0" if delay < 0 else f"above {MOST_STEPS_LATE}"
            raise DistributedError(f"`delay` {delay} is {bound}: give 0 steps or more")
        if not 1 <= period <= MOST_STEPS_LATE:
            bound = "below 1" if period < 1 else f"above {MOST_STEPS_LATE}"
            raise DistributedError(f"`period` {period} is {bound}: give 1 step or more")
        if isinstance(optimizer, torch.optim.LBFGS):
            raise DistributedError(
                "`optimizer` L-BFGS does not treat parameters one by one: choose SGD or Adam"
            )
        self.optimizer, self.membership = optimizer, membership
        self.delay, self.period = delay, period
        self.settings = {
            "delay": delay,
            "period": period,
            "local_update": local_update,
            "transport": transport,
        }
        options = LocalUpdateOptions(optimizer, delay, period)
        self.local_update = get_local_update(local_update, options)
        self.codec = get_codec(codec) if isinstance(codec, str) else codec
        self.aggregator = get_aggregator(aggregator) if isinstance(aggregator, str) else aggregator
        self.selection = Selection(self._transport(transport), delay + 1, options.lag + 1)
        self.buffers = [buffer for buffer in buffers if buffer.is_floating_point()]
        self.synchronised = list(synchronised)
        self.apply_statistics, self.on_commit = apply_statistics, on_commit
        self.state = SynchronisedState(self.local_update.optimizer)
        self.committed_round = self.committed_position = 0
        self.position = 0
        self.drained = -1
        self.shared_rounds = 0
        self.alone_since: int | None = None
        self._encoder = Encoder(self.state.parameters, self.codec)
        self._open = Round(0)
        self._pending: deque[Round] = deque()

    def _transport(self, asked: str) -> str:
        """Return the transport to use; a ring can only sum whole gradients."""
        sums = self.codec.exact and isinstance(self.aggregator, SumAggregator)
        if asked == "ring" and not sums:
            raise DistributedError(
                "`transport` ring sums gradients on the way: it takes the dense codec and the "
                "mean; choose direct, or auto"
            )
        return asked if sums and (asked != "auto" or self.membership.world.size > 2) else "direct"

    def join(self) -> None:
        """Become a member: with the others' state, if they are ahead or began differently.

        Raises:
            DistributedError: the others train with other settings, or with another release; or
                there are no others, and never were.
        """
        self.membership.limit_messages(LEAST_MESSAGE + 4 * self.payload_bytes)
        joined = self.membership.join(self.committed_round, digest(self.state_dict()))
        if joined.state is not None:
            state = from_bytes(joined.state)
            check_state(state, len(self.synchronised))
            self._check_settings(state["settings"])
            self.load_state_dict(state)
        if len(joined.view.members) == 1:
            self._go_on_alone()

    @property
    def payload_bytes(self) -> int:
        """The bytes of the state, as it is sent."""
        return len(self._payload())

    def _go_on_alone(self) -> None:
        """Refuse to train alone what was to be shared and never has been.

        Raises:
            DistributedError: no round of this training was ever committed with another worker.
        """
        if self.membership.world.size > 1 and not self.shared_rounds:
            raise DistributedError(
                f"worker {self.membership.rank} has shared no round with any other, so that it "
                f"would train alone: {self.membership.described_missing()}; mend that, then start "
                "all nodes again"
            )

    def _check_settings(self, others: Mapping[str, object]) -> None:
        """Refuse to train with workers whose settings, or names of settings, are different."""
        if unknown := sorted(others.keys() ^ self.settings.keys()):
            names = " and ".join(f"`{name}`" for name in unknown)
            raise DistributedError(
                f"the other workers run another release, as only one of the two has {names}: "
                "install the same release for all workers"
            )
        for name, theirs in others.items():
            if (ours := self.settings[name]) != theirs:
                raise DistributedError(
                    f"the other workers train with `{name}` {theirs}, this one with {ours}: "
                    "start all with the same"
                )

    def step(self, collect: Callable[[], Statistics] | None = None) -> None:
        """Take a step with the gradients that the parameters have.

        ``collect`` is called after it, and returns statistics for ``apply_statistics``; it must be
        given at the same steps by every worker.
        """
        self._open.add(self.state.parameters, self.local_update.settings())
        closes = collect is not None or len(self._open.steps) == self.period
        if collect is not None or self.delay > 0 or self.period > 1:
            self.local_update.step(self.state)
        self.position += 1
        if closes:
            self._close(collect() if collect is not None else None)
            self._commit_until(self.position - self.delay)

    def drain(self) -> None:
        """Wait for everything that is on its way: all workers are equal after it.

        Every worker must drain at the same steps. Draining again at a step changes nothing.
        """
        if self.drained != self.position and (self._open.steps or self.buffers):
            self._open.drains = True
            self._close(None, self.buffers)
        self._commit_until(self.position)
        self.local_update.reset(self.state)

    def leave(self) -> None:
        """Drain for the last time, and let the others do the same.

        Raises:
            DistributedError: this worker has shared no round with any other.
        """
        self.drain()
        if self.alone_since is not None:
            LOG.warning(
                "rounds %d to %d are of this worker's images alone, as the others were lost: %s",
                self.alone_since,
                self.committed_round,
                self.membership.described_missing(),
            )
        self.membership.leave(self._payload)

    def _close(self, statistics: Statistics | None, buffers: Iterable[Tensor] = ()) -> None:
        """Send the open round, and open the next."""
        closed, self._open = self._open, Round(self.position)
        closed.ends = self.position
        self._pending.append(closed)
        round_, gradients = self.committed_round + len(self._pending), closed.mean()
        apart = self.selection.of(round_) == "ring"
        payload = self._encoder.encode(
            gradients, statistics, list(buffers), self.selection.measured(round_), apart
        )
        self.membership.post(round_, payload, self._summand_of(gradients) if apart else None)

    def _summand_of(self, gradients: Gradients) -> Values:
        parameters, device = self.state.parameters, self.membership.world.device
        return lambda contributions: summand(gradients, contributions, parameters, device)

    def _commit_until(self, position: int) -> None:
        """Wait for the rounds that ended there, or before."""
        while self._pending and self._pending[0].ends <= position:
            try:
                item = self.membership.next()
            except ExcludedError:
                self.rejoin()
                return
            if isinstance(item, StateTransfer):
                self.membership.send_state(item, self._payload())
            else:
                self._commit(item)

    def rejoin(self) -> None:
        """Come back after the others went on: forget what was on its way, fetch their state."""
        self.load_state_dict(self.state_dict())
        self.join()

    def _commit(self, commit: Commit) -> None:
        """Advance the synchronised state by a round, and the working weights from there."""
        ranks = sorted(commit.contributions)
        self._count(commit.round, len(ranks))
        average = RoundAverage.of(
            [commit.contributions[rank] for rank in ranks],
            self.state.parameters,
            self.codec,
            self.aggregator,
            commit.total,
            ranks,
        )
        done = self._pending.popleft()
        touched = average.gradients.keys()
        self.state.check_out(touched)
        self.state.step_working(average.gradients, done.steps)
        self.state.check_in(touched)
        self.local_update.rebase(self.state, touched, self._pending)
        self.committed_round, self.committed_position = commit.round, done.ends
        if done.drains:
            self.drained = done.ends
        with torch.no_grad():
            for number, value in average.buffers.items():
                self.buffers[number].copy_(value)
        if commit.seconds is not None:
            self.selection.note(commit.round, commit.seconds)
        self.selection.choose(commit.round, average.timed)
        if average.statistics and self.apply_statistics is not None:
            self.apply_statistics(average.statistics)
        if self.on_commit is not None:
            self.on_commit(commit.round)

    def _count(self, round_: int, members: int) -> None:
        """Note with how many a round was shared.

        Raises:
            DistributedError: with nobody, and none before it was.
        """
        if members > 1:
            self.shared_rounds, self.alone_since = self.shared_rounds + 1, None
        elif self.membership.world.size > 1:
            self._go_on_alone()
            self.alone_since = self.alone_since or round_

    def digest(self) -> str:
        """Return the SHA-256 of the synchronised state: the same everywhere after a round."""
        state = self.state_dict()
        return digest({key: state[key] for key in ("round", "position", "base", "companions")})

    def state_dict(self) -> State:
        """Return the synchronised state and how far it is: what a worker continues from.

        Its keys are those of release 0.2: ``base`` is weights and optimiser state, ``companions``
        is the further state. ``shared`` counts the rounds that more than one worker contributed to.
        """
        return {
            "round": self.committed_round,
            "position": self.committed_position,
            "drained": self.drained,
            "shared": self.shared_rounds,
            "selection": self.selection.state_dict(),
            "settings": self.settings,
            "base": self.state.state_dict(),
            "buffers": self.buffers,
            "companions": [dict(further.state_dict()) for further in self.synchronised],
        }

    def load_state_dict(self, state: State) -> None:
        """Continue from such a state; what was on its way is forgotten.

        ``synchronised`` may refuse it, in words of their own. Releases before 0.3 did not count the
        rounds that were shared: all of theirs are taken for that.

        Raises:
            DistributedError: it is none that this worker can continue from.
        """
        check_state(state, len(self.synchronised))
        self.local_update.reset(self.state)
        for further, loaded in zip(self.synchronised, state["companions"], strict=True):
            _load(further, loaded)
        check_tensors(state, self.state.weights, self.buffers)
        base = state["base"]
        states = self.local_update.upgrade(base["states"])
        self.state.load_state_dict({**base, "states": states})
        self.committed_round, self.committed_position = state["round"], state["position"]
        self.position, self.drained = self.committed_position, state["drained"]
        self.shared_rounds = state["shared" if "shared" in state else "round"]
        self.selection.load_state_dict(state["selection"])
        self._pending.clear()
        self._open = Round(self.position)
        self._encoder = Encoder(self.state.parameters, self.codec)
        with torch.no_grad():
            for buffer, loaded in zip(self.buffers, state["buffers"], strict=True):
                buffer.copy_(loaded)

    def _payload(self) -> Tensor:
        return to_bytes(self.state_dict())


def _load(further: Stateful, state: object) -> None:
    """Let further state take over what another worker, or a checkpoint, has of it.

    Raises:
        DistributedError: it cannot: the state is not as it makes one itself.
    """
    try:
        if not isinstance(state, dict):
            raise TypeError("it is no dictionary")
        further.load_state_dict(state)
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, ValueError) and type(error) is not ValueError:
            raise  # a refusal, in words of its own
        raise DistributedError(
            f"the state to continue from has a part that {type(further).__name__} cannot take over "
            f"({first_line(error)}): continue with the release and options that it was made with, "
            "or begin anew"
        ) from error
