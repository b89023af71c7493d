import pytest
from hypothesis import given, strategies as st
from scipy.special import stdtrit

from latency.statistics.student_t import two_sided_quantile


@given(st.floats(2, 1e6), st.floats(0.05, 0.99))
def test_the_quantile_is_scipys(degrees: float, coverage: float) -> None:
    expected = float(stdtrit(degrees, 0.5 + coverage / 2))
    assert two_sided_quantile(degrees, coverage) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("coverage", "expected"), [(0.5, 1.0), (0.9, 6.313751514675043)])
def test_one_degree_is_cauchys_distribution(coverage: float, expected: float) -> None:
    assert two_sided_quantile(1, coverage) == pytest.approx(expected, rel=1e-9)
