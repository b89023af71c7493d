from pathlib import Path

import pytest

from latency.hosts.benchmark_model import Run, command, parse

RECORDINGS = Path(__file__).parent / "recordings"
TIME = (RECORDINGS / "time.txt").read_text()


def recorded(name: str) -> str:
    return (RECORDINGS / f"{name}.txt").read_text() + TIME


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


def test_a_single_call() -> None:
    assert parse(f"count=1 curr=7\ncount=1 curr=3512391\n{TIME}").minimum_ms == 3512.391


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (recorded("tflite-2020"), "prints no median, so it is too old"),
        (recorded("litert").replace("INFO: count=1054", "INFO: total=1054"), "no timings"),
        ("", "no timings, and last ''"),
        (recorded("litert").replace(TIME, ""), "does not tell what a process took"),
        ("Timings (microseconds): count=1 curr=147\n" * 2 + TIME, "printed no timings"),
    ],
)
def test_what_cannot_be_read(output: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(output)


def test_the_process_is_pinned() -> None:
    line = command("/data/b", "/data/m.tflite", 2, range(6, 8))
    assert line.startswith("toybox time -v toybox taskset c0 /data/b --graph=/data/m.tflite ")
    assert line.endswith("--num_runs=8 --min_secs=0.001 2>&1")
