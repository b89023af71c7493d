"""Statistics of prediction errors."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from search_spaces.numbers import Count, Finite, NonNegative

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Percentage = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=100)]
Correlation = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1.001, le=1.001)]
"""From -1 to 1, but for rounding."""


@dataclass(frozen=True)
class ErrorStatistics:
    """Errors of predicted milliseconds of whole networks, compared with measured ones.

    ``mape`` is the mean absolute percentage error and ``bias`` the mean signed one (%), ``rmse``
    the root of the mean squared error (ms), ``within_5`` and ``within_10`` the share of networks
    with errors of at most 5 and 10 % (in %). Rank correlations are None for fewer than three
    networks, or if all values are equal.
    """

    networks: Count
    mape: NonNegative
    bias: Finite
    rmse: NonNegative
    within_5: Percentage
    within_10: Percentage
    spearman: Correlation | None
    kendall: Correlation | None

    @classmethod
    def of(cls, predicted: "ArrayLike", measured: "ArrayLike") -> "ErrorStatistics":
        """Compare milliseconds of shape (networks,)."""
        import numpy as np
        from scipy.stats import kendalltau, spearmanr  # half a second to import

        p, m = np.asarray(predicted, float), np.asarray(measured, float)
        relative = 100 * (p / m - 1)
        ranked = len(p) >= 3 and len(set(p)) > 1 and len(set(m)) > 1
        return cls(
            networks=len(p),
            mape=float(np.abs(relative).mean()),
            bias=float(relative.mean()),
            rmse=float(np.sqrt(np.mean((p - m) ** 2))),
            within_5=float(100 * np.mean(np.abs(relative) <= 5)),
            within_10=float(100 * np.mean(np.abs(relative) <= 10)),
            spearman=float(spearmanr(p, m).statistic) if ranked else None,
            kendall=float(kendalltau(p, m).statistic) if ranked else None,
        )
