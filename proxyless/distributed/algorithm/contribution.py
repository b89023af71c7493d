"""What a worker contributes to a round, as bytes: safetensors, readable by anything.

``present`` (parameters,) tells which parameters have a gradient; those are sent one after the
other, flat, through the codec. Statistics and buffers beside them travel as they are. Gradients
that are summed on the way do not travel with them: see :func:`summand`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import safetensors.torch
import torch
from torch import Tensor

from ..errors import first_line
from .aggregators.base import Aggregator, SumAggregator
from .codecs.base import Codec
from .gradients import Gradients
from .payload import refused, tensors_of

Statistics = dict[str, Tensor]
"""Named tensors of a batch, such that the mean over several batches means the same."""

GRADIENT, STATISTIC, BUFFER, TIMED = "gradient.", "statistic.", "buffer.", "timed"
_SECONDS = torch.float32, (2,)
"""Type and shape of what a member says of both transports."""


class Encoder:
    """Turns gradients into what is sent, and remembers what the codec left out."""

    def __init__(self, parameters: Sequence[Tensor], codec: Codec) -> None:
        self.parameters, self.codec = parameters, codec
        self.residual: Gradients = {}

    def encode(
        self,
        gradients: Gradients,
        statistics: Statistics | None = None,
        buffers: Sequence[Tensor] = (),
        timed: Tensor | None = None,
        apart: bool = False,
    ) -> Tensor:
        """Return the contribution: uint8, (bytes,); without gradients' values if ``apart``."""
        tensors = {STATISTIC + name: value for name, value in (statistics or {}).items()}
        tensors |= {f"{BUFFER}{number}": value for number, value in enumerate(buffers)}
        tensors |= {} if timed is None else {TIMED: timed}
        if gradients:
            present = torch.zeros(len(self.parameters), dtype=torch.bool)
            present[list(gradients)] = True
            tensors |= {"present": present}
            if not apart:
                sent = self._encoded(gradients)
                tensors |= {GRADIENT + name: value for name, value in sent.items()}
        contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        return torch.frombuffer(bytearray(safetensors.torch.save(contiguous)), dtype=torch.uint8)

    def _encoded(self, gradients: Gradients) -> dict[str, Tensor]:
        """Encode the flat gradients with what was left out before; keep what is left out now.

        A codec is asked once: one that draws random numbers would leave out something else at a
        second time.
        """
        numbers = sorted(gradients)
        parts = [gradients[number].detach().float().cpu() for number in numbers]
        if self.codec.exact:
            return self.codec.encode(_flat(parts))
        zero = torch.zeros(())
        parts = [p + self.residual.get(n, zero) for n, p in zip(numbers, parts, strict=True)]
        values = _flat(parts)
        sent = self.codec.encode(values)
        left_out = values - self.codec.decode(sent, len(values))
        self.residual |= _split(left_out, numbers, self.parameters)
        return sent


def summand(
    gradients: Gradients,
    contributions: Mapping[int, Tensor],
    parameters: Sequence[Tensor],
    device: str,
) -> Tensor:
    """Return a member's flat gradient, float32 (n,), of all parameters that any member has.

    ``contributions``: {rank: payload} of all members, which say what each has.

    Raises:
        DistributedError: one of them is none.
    """
    numbers = _present(_sent(contributions, len(parameters)))
    parts = [
        gradients.get(number, torch.zeros_like(parameters[number])).detach().float()
        for number in numbers
    ]
    return _flat(parts).to(device) if parts else torch.zeros(1, device=device)


@dataclass(frozen=True)
class RoundAverage:
    """What a round comes to: gradients, statistics and buffers, averaged over its members.

    ``timed`` is what members say of transports, as they say it.
    """

    gradients: Gradients = field(default_factory=dict)
    statistics: Statistics = field(default_factory=dict)
    buffers: dict[int, Tensor] = field(default_factory=dict)
    timed: list[Tensor] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        contributions: Sequence[Tensor],
        parameters: Sequence[Tensor],
        codec: Codec,
        aggregator: Aggregator,
        total: Tensor | None = None,
        ranks: Sequence[int] | None = None,
    ) -> "RoundAverage":
        """Combine what members sent, in the order of their ``ranks`` (0 and so on, where these are
        not given); of gradients, take the total of all summands where there is one.

        A parameter that some have no gradient for counts as zero there: as in the gradient of the
        mean of their losses.

        Raises:
            DistributedError: one of them is none, or differs from the others in kind.
        """
        ranks = range(len(contributions)) if ranks is None else ranks
        by_rank = _sent(dict(zip(ranks, contributions, strict=True)), len(parameters))
        sent = list(by_rank.values())
        gradients: Gradients = {}
        if numbers := _present(by_rank):
            if total is None:
                flat = aggregator(
                    [
                        _unpack(rank, tensors, numbers, parameters, codec)
                        for rank, tensors in by_rank.items()
                    ]
                )
            else:
                assert isinstance(aggregator, SumAggregator)
                flat = aggregator.from_sum(total, len(sent))
            gradients = _split(flat, numbers, parameters)
        mean = {
            name: torch.stack([tensors[name] for tensors in sent]).mean(0)
            for name in sent[0]
            if name.startswith((STATISTIC, BUFFER))
        }
        statistics = {
            n.removeprefix(STATISTIC): v for n, v in mean.items() if n.startswith(STATISTIC)
        }
        buffers = {int(n.removeprefix(BUFFER)): v for n, v in mean.items() if n.startswith(BUFFER)}
        return cls(gradients, statistics, buffers, [own[TIMED] for own in sent if TIMED in own])


def _sent(contributions: Mapping[int, Tensor], parameters: int) -> dict[int, Mapping[str, Tensor]]:
    """Return what members sent, in the order of their ranks: of one kind, for so many parameters.

    Raises:
        DistributedError: it is none, or two do not send the same statistics and buffers.
    """
    sent = {rank: tensors_of(payload, rank) for rank, payload in sorted(contributions.items())}
    first = next(iter(sent.values()))
    for rank, tensors in sent.items():
        if "present" in tensors:
            present = tensors["present"]
            if present.dtype != torch.bool or present.shape != (parameters,):
                raise refused(rank, f"it has gradients of {tuple(present.shape)} parameters")
        if TIMED in tensors and _kind(tensors[TIMED]) != _SECONDS:
            raise refused(rank, "it has seconds of more transports than two")
        if _kinds(tensors) != _kinds(first):
            raise refused(rank, f"it has other statistics than worker {next(iter(sent))}'s")
    return sent


def _kinds(tensors: Mapping[str, Tensor]) -> dict[str, tuple[torch.dtype, tuple[int, ...]]]:
    """Return what is averaged as it is: types and shapes by name."""
    return {
        name: _kind(value)
        for name, value in tensors.items()
        if name.startswith((STATISTIC, BUFFER))
    }


def _kind(tensor: Tensor) -> tuple[torch.dtype, tuple[int, ...]]:
    return tensor.dtype, tuple(tensor.shape)


def _present(sent: Mapping[int, Mapping[str, Tensor]]) -> list[int]:
    """Return which parameters any member has a gradient of."""
    masks = [tensors["present"] for tensors in sent.values() if "present" in tensors]
    return torch.stack(masks).any(0).nonzero()[:, 0].tolist() if masks else []


def _unpack(
    rank: int,
    sent: Mapping[str, Tensor],
    numbers: Sequence[int],
    parameters: Sequence[Tensor],
    codec: Codec,
) -> Tensor:
    """Return a member's flat gradient of the parameters ``numbers``, zero where it has none.

    Raises:
        DistributedError: the codec makes no such gradient of it.
    """
    zeros = [torch.zeros(parameters[number].numel()) for number in numbers]
    if "present" not in sent:
        return _flat(zeros)
    own = sent["present"].nonzero()[:, 0].tolist()
    size = sum(parameters[number].numel() for number in own)
    encoded = {n.removeprefix(GRADIENT): v for n, v in sent.items() if n.startswith(GRADIENT)}
    try:
        values = codec.decode(encoded, size)
    except MemoryError:  # this machine's, not the sender's fault
        raise
    except Exception as error:  # a codec, also a package's, decodes a stranger's tensors
        raise refused(rank, first_line(error)) from error
    if values.dtype != torch.float32 or values.shape != (size,):
        raise refused(rank, f"it has {tuple(values.shape)} values of {values.dtype}, not {size}")
    if own == list(numbers):
        return values
    parts = dict(zip(own, torch.split(values, [parameters[n].numel() for n in own]), strict=True))
    return _flat([parts.get(n, zero) for n, zero in zip(numbers, zeros, strict=True)])


def _flat(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part.reshape(-1) for part in parts])


def _split(flat: Tensor, numbers: Sequence[int], parameters: Sequence[Tensor]) -> Gradients:
    """Return flat values as gradients of parameters: their shape, type and device."""
    pieces = torch.split(flat, [parameters[number].numel() for number in numbers])
    return {
        number: piece.view(parameters[number].shape).to(parameters[number])
        for number, piece in zip(numbers, pieces, strict=True)
    }
