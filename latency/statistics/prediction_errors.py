"""Statistics of prediction errors."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class ErrorStatistics:
    """Errors of predicted milliseconds of whole networks, compared with measured ones.

    ``mape`` is the mean absolute percentage error and ``bias`` the mean signed one (%), ``rmse``
    the root of the mean squared error (ms), ``within_5`` and ``within_10`` the share of networks
    with errors of at most 5 and 10 % (in %). Rank correlations are None for fewer than three
    networks, or if all values are equal.
    """

    networks: int
    mape: float
    bias: float
    rmse: float
    within_5: float
    within_10: float
    spearman: float | None
    kendall: float | None

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
