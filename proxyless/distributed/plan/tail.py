"""How unevenly messages take their way."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..environment import shown
from ..errors import DistributedError
from .limits import ALPHA, SIGMA

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?[0-9]{0,30}\.?[0-9]{0,30}([eE][+-]?[0-9]{1,3})?", re.ASCII)
_FORMS = "`none`, `lognormal:SIGMA` or `pareto:ALPHA`, as lognormal:0.5"


@dataclass(frozen=True)
class Tail:
    """A distribution of factors on the one-way latency.

    ``lognormal``: the median is 1, the logarithm's standard deviation ``parameter`` (sigma > 0).
    ``pareto``: the least is 1, and x or more has the probability x^-alpha; ``parameter`` is alpha,
    above 1, so that there is a mean: alpha / (alpha - 1). Neither has a unit.
    """

    name: str = "none"
    parameter: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Tail":
        """Read ``none``, ``lognormal:SIGMA`` or ``pareto:ALPHA``.

        Raises:
            DistributedError: it is none of these, or has a parameter out of range.
        """
        name, _, number = text.partition(":")
        if number and _NUMBER.fullmatch(number) is None:
            raise DistributedError(
                f"`tail` {shown(text)}: {shown(number)} is no number: give {_FORMS}"
            )
        parameter = float(number) if number else 0.0
        if name == "none" and not number:
            return STEADY
        if name == "lognormal" and 0 < parameter <= SIGMA:
            return cls(name, parameter)
        if name == "pareto" and 1 < parameter <= ALPHA:
            return cls(name, parameter)
        raise DistributedError(
            f"`tail` {shown(text)} is no distribution: give {_FORMS}; sigma is above 0 and at most "
            f"{SIGMA:g}, alpha above 1 and at most {ALPHA:g}"
        )

    def sample(self, random: "np.random.Generator", size: int) -> "NDArray[np.float64]":
        """Return ``size`` independent factors."""
        import numpy as np

        if self.name == "lognormal":
            return np.exp(self.parameter * random.standard_normal(size))
        if self.name == "pareto":
            return np.exp(random.standard_exponential(size) / self.parameter)
        return np.ones(size)


STEADY = Tail()
"""Every message takes as long as the last."""
