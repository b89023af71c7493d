"""What is proved about learning with late averages."""


def least_steps(delay: int, workers: int) -> int:
    """Return the steps of a training from which on ``delay`` is proved to cost nothing.

    Delayed SGD converges no slower than SGD while d < O(N^(1/4) J^(-3/4)) ("Distributed Training
    Across the World", 2019), which is N > d^4 J^3 up to a constant that nobody has published.
    """
    return delay**4 * workers**3
