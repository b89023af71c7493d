"""What a worker contributes to a round, as bytes: safetensors, readable by anything.

``present`` (parameters,) tells which parameters have a gradient; those are sent one after the
other, flat, through the codec. Observations and buffers beside them travel as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import safetensors.torch
import torch
from torch import Tensor

from .aggregators import Aggregator
from .base import Gradients
from .codecs import Codec

GRADIENT, OBSERVED, BUFFER = "gradient.", "observed.", "buffer."


class Encoder:
    """Turns gradients into what is sent, and remembers what the codec left out."""

    def __init__(self, parameters: Sequence[Tensor], codec: Codec) -> None:
        self.parameters, self.codec = parameters, codec
        self.residual: Gradients = {}

    def encode(
        self,
        gradients: Gradients,
        observed: dict[str, Tensor] | None = None,
        buffers: Sequence[Tensor] = (),
    ) -> Tensor:
        """Return the contribution: uint8, (bytes,)."""
        tensors = {OBSERVED + name: value for name, value in (observed or {}).items()}
        tensors |= {f"{BUFFER}{number}": value for number, value in enumerate(buffers)}
        if gradients:
            present = torch.zeros(len(self.parameters), dtype=torch.bool)
            present[list(gradients)] = True
            sent = self.codec.encode(self._due(gradients))
            tensors |= {"present": present}
            tensors |= {GRADIENT + name: value for name, value in sent.items()}
        contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        return torch.frombuffer(bytearray(safetensors.torch.save(contiguous)), dtype=torch.uint8)

    def _due(self, gradients: Gradients) -> Tensor:
        """Return the flat gradients with what was left out before; note what will be now."""
        numbers = sorted(gradients)
        parts = [gradients[number].detach().float().cpu() for number in numbers]
        if self.codec.exact:
            return _flat(parts)
        zero = torch.zeros(())
        parts = [p + self.residual.get(n, zero) for n, p in zip(numbers, parts, strict=True)]
        values = _flat(parts)
        left = values - self.codec.decode(self.codec.encode(values), len(values))
        self.residual |= _split(left, numbers, self.parameters)
        return values


@dataclass(frozen=True)
class Averaged:
    """What a round comes to: gradients, observations and buffers, averaged over its members."""

    gradients: Gradients = field(default_factory=dict)
    observed: dict[str, Tensor] = field(default_factory=dict)
    buffers: dict[int, Tensor] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        contributions: Sequence[Tensor],
        parameters: Sequence[Tensor],
        codec: Codec,
        aggregator: Aggregator,
    ) -> "Averaged":
        """Combine what members sent, in the order of their ranks.

        A parameter that some have no gradient for counts as zero there: as in the gradient of the
        mean of their losses.
        """
        sent = [safetensors.torch.load(one.numpy().tobytes()) for one in contributions]
        gradients: Gradients = {}
        if present := [one["present"] for one in sent if "present" in one]:
            numbers = torch.stack(present).any(0).nonzero()[:, 0].tolist()
            flats = [_unpack(one, numbers, parameters, codec) for one in sent]
            gradients = _split(aggregator(flats), numbers, parameters)
        mean = {
            name: torch.stack([one[name] for one in sent]).mean(0)
            for name in sent[0]
            if name.startswith((OBSERVED, BUFFER))
        }
        observed = {n.removeprefix(OBSERVED): v for n, v in mean.items() if n.startswith(OBSERVED)}
        buffers = {int(n.removeprefix(BUFFER)): v for n, v in mean.items() if n.startswith(BUFFER)}
        return cls(gradients, observed, buffers)


def _unpack(
    sent: dict[str, Tensor], numbers: Sequence[int], parameters: Sequence[Tensor], codec: Codec
) -> Tensor:
    """Return a member's flat gradient of the parameters ``numbers``, zero where it has none."""
    zeros = [torch.zeros(parameters[number].numel()) for number in numbers]
    if "present" not in sent:
        return _flat(zeros)
    own = sent["present"].nonzero()[:, 0].tolist()
    size = sum(parameters[number].numel() for number in own)
    encoded = {n.removeprefix(GRADIENT): v for n, v in sent.items() if n.startswith(GRADIENT)}
    values = codec.decode(encoded, size)
    if own == list(numbers):
        return values
    parts = dict(zip(own, torch.split(values, [parameters[n].numel() for n in own]), strict=True))
    return _flat([parts.get(n, zero) for n, zero in zip(numbers, zeros, strict=True)])


def _flat(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part.reshape(-1) for part in parts])


def _split(flat: Tensor, numbers: Sequence[int], parameters: Sequence[Tensor]) -> Gradients:
    """Return flat values as gradients of parameters: their shape, type and device."""
    given = [parameters[number] for number in numbers]
    pieces = torch.split(flat, [one.numel() for one in given])
    return {
        number: piece.view(one.shape).to(one)
        for number, piece, one in zip(numbers, pieces, given, strict=True)
    }
