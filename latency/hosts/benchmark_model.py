"""TFLite's and LiteRT's ``benchmark_model``: its command line and its output.

The binary writes one line of statistics for its warm-up and one for the timed calls, in whole
microseconds; releases differ in the text around them. Source:
``tensorflow/lite/tools/benchmark`` and ``litert/tools/benchmark_litert_model.h``.
"""

import re
from dataclasses import dataclass

from ..timing.measurement import CALLS, MEASUREMENT_SECONDS, WARMUPS

_STATISTICS = re.compile(
    r"^(?:INFO: )?count=(?P<count>\d+) (?:"
    r"curr=(?P<only>\d+)(?:\(all same\))?"
    r"|first=\d+ curr=\d+ min=(?P<min>\d+) max=\d+ avg=\S+ std=\S+"
    r"(?: p5=\d+ median=(?P<median>\d+) p95=\d+)?"
    r")\s*$",
    re.MULTILINE,
)
_USAGE = {
    "user": r"^User time \(s\): (\S+)$",
    "system": r"^System time \(s\): (\S+)$",
    "switches": r"^Involuntary context switches: (\d+)$",
}


@dataclass(frozen=True)
class Run:
    """One run of the binary: the timed calls, and the resources of its process.

    ``minimum_ms`` and ``median_ms`` are of one call; ``cpu_ms`` and ``switches`` are of the whole
    process, loading and warm-up included.
    """

    calls: int
    minimum_ms: float
    median_ms: float
    cpu_ms: float
    switches: int


def command(binary: str, model: str, threads: int, cores: range) -> str:
    """Return the line of Android's shell that runs ``model`` as a measurement does.

    Toybox, which is part of Android, pins the process to ``cores`` and prints its resources.
    """
    mask = f"{sum(1 << core for core in cores):x}"
    options = (
        f"--graph={model} --num_threads={threads} --warmup_runs={WARMUPS} --warmup_min_secs=0 "
        f"--num_runs={CALLS} --min_secs={MEASUREMENT_SECONDS}"
    )
    return f"toybox time -v toybox taskset {mask} {binary} {options} 2>&1"


def parse(output: str) -> Run:
    """Read what :func:`command` printed.

    Raises:
        ValueError: something is missing; the message names it.
    """
    text = output.replace("\r\n", "\n")
    lines = list(_STATISTICS.finditer(text))
    if len(lines) < 2:  # the first one is the warm-up's
        raise ValueError(f"it printed no timings, and last {last_line(text)!r}")
    timed = lines[-1]
    if timed["only"]:
        minimum = median = timed["only"]
    elif timed["median"]:
        minimum, median = timed["min"], timed["median"]
    else:
        raise ValueError("it prints no median, so it is too old: take one of a present LiteRT")
    usage = {}
    for name, pattern in _USAGE.items():
        match = re.search(pattern, text, re.MULTILINE)
        if not match:
            raise ValueError("`toybox time -v` there does not tell what a process took")
        usage[name] = float(match[1])
    return Run(
        calls=int(timed["count"]),
        minimum_ms=int(minimum) / 1000,
        median_ms=int(median) / 1000,
        cpu_ms=(usage["user"] + usage["system"]) * 1000,
        switches=int(usage["switches"]),
    )


def last_line(output: str) -> str:
    """Return the last line the binary wrote, before the output of ``time``."""
    lines = output.replace("\r\n", "\n").partition("\nReal time (s): ")[0].strip().splitlines()
    return lines[-1].strip() if lines else ""
