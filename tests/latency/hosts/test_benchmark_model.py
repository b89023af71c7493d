from pathlib import Path

import pytest

from latency.hosts.benchmark_model import Run, command, parse

RECORDINGS = Path(__file__).parent / "recordings"
TIME = (RECORDINGS / "time.txt").read_text()


def recorded(name: str) -> str:
    return (RECORDINGS / f"{name}.txt").read_text() + TIME


def line(statistics: str) -> str:
    """An output whose timed calls have these statistics."""
    return f"INFO: count=2 curr=7(all same)\nINFO: {statistics}\n{TIME}"


@pytest.mark.parametrize(
    ("name", "calls", "minimum_ms", "median_ms"),
    [("tflite", 50, 105.416, 105.718), ("litert", 1054, 0.91, 0.942)],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_recordings(name: str, calls: int, minimum_ms: float, median_ms: float, end: str) -> None:
    run = parse(recorded(name).replace("\n", end))
    assert run == Run(calls, minimum_ms, median_ms, run.cpu_ms, 7)
    assert run.cpu_ms == pytest.approx(1520)


def test_calls_that_all_took_as_long() -> None:
    run = parse(f"count=2 curr=7(all same)\ncount=8 curr=3(all same)\n{TIME}")
    assert (run.calls, run.minimum_ms, run.median_ms) == (8, 0.003, 0.003)


def test_less_than_a_microsecond_is_measured_as_none() -> None:
    run = parse(line("count=8 min=0 median=0.5"))
    assert (run.minimum_ms, run.median_ms) == (0, 0.0005)


def test_a_single_call() -> None:
    assert parse(f"count=1 curr=7\ncount=1 curr=3512391\n{TIME}").minimum_ms == 3512.391


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (recorded("tflite-2020"), "prints no median, so it is too old"),
        (recorded("litert").replace("INFO: count=1054", "INFO: total=1054"), "no timings"),
        ("", "no timings, and last ''"),
        (recorded("litert").replace(TIME, ""), "does not tell what a process took"),
        (line("count=0 curr=3(all same)"), "count=0 is no number of calls"),
        (line("count=8.5 curr=3(all same)"), "count=8.5 is no whole number"),
        (line("count=8 min=nan median=4"), "min=nan is no number of 0 or more"),
        (line("count=8 min=-3 median=4"), "min=-3 is no number"),
        (line("count=8 min=0x10 median=4"), "min=0x10 is no number"),
        (line("count=8 min=1,5 median=4"), "min=1,5 is no number"),
        (line("count=8 min=5 median=4"), "min=5 is above median=4"),
        (line("count=8 min=1e15 median=1e16"), "min=1e15 is no time that something takes"),
        (line(f"count={'9' * 5000} min=1 median=2"), "no timings"),
        (line(f"count=8 min=1 median={'9' * 5000}"), "prints no median"),
        (line("count=8 min=1 min=2 median=3"), "min=1 and 2 is no number"),
        (line("count=8 median=3"), "prints no minimum"),
        (line("count=8 curr=(all same)"), "curr= is no number"),
        (line("count=8 min=1 median=2").replace(": 7", ": many"), "switches: many is no number"),
        (line("count=8 min=1 median=2").replace("1.500000", "nan"), r"\(s\): nan is no number"),
        ("\x1b[2J\n", r"last '\\x1b\[2J'"),
    ],
)
def test_what_cannot_be_read(output: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(output)


@pytest.mark.parametrize(
    "statistics",
    [
        "count=8 first=5 curr=5 min=910 max=1102 avg=947 std=23 p5=915 median=942 p95=991",
        "count=8 first=5 curr=5 min=910 max=1102 avg=947 std=23 median=942",
        "p99=1000 median=942 min=910 count=8 unknown=x",
        "count=8 min=9.1e+02 max=1.2e+06 avg=9.47132e+02 median=9.42e2",
        "count=8 min=910.000 median=942.0",
        "I0000 00:00:1758455104.504065 62590 tool.cc:51] count=8 min=910 median=942",
        "Timings (microseconds): count=8 min=910 median=942",
        "2030-01-01 00:00:00.000 benchmark: count=8 min=910 median=942 (us)",
    ],
)
def test_whatever_else_a_release_prints(statistics: str) -> None:
    run = parse(line(statistics))
    assert (run.calls, run.minimum_ms, run.median_ms) == (8, 0.91, 0.942)


def test_a_locale_that_groups_digits() -> None:
    run = parse(line("count=1,054 min=1,234,910 median=1,235,942"))
    assert (run.calls, run.minimum_ms, run.median_ms) == (1054, 1234.91, 1235.942)


def test_lines_that_take_long_to_match() -> None:
    hostile = "count=" * 100_000 + "\n" + "a=" * 100_000 + "\n" + "count=1 " * 50_000
    with pytest.raises(ValueError, match=r"no timings|no number"):
        parse(hostile)


def test_the_process_is_pinned() -> None:
    line = command("/data/b", "/data/m.tflite", 2, range(6, 8))
    assert line.startswith("toybox time -v toybox taskset c0 /data/b --graph=/data/m.tflite ")
    assert line.endswith("--num_runs=8 --min_secs=0.001 2>&1")
