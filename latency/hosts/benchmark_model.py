"""TFLite's and LiteRT's ``benchmark_model``: its command line and its output.

The binary writes one line of statistics for its warm-up and one for the timed calls, in
microseconds; releases differ in the text around them and in which ones they print. Source:
``tensorflow/lite/tools/benchmark`` and ``litert/tools/benchmark_litert_model.h``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from search_spaces.numbers import LONGEST_MS

from ..timing.measurement import CALLS, MEASUREMENT_SECONDS, WARMUPS
from .words import last_line as last_words, words

_PAIR = re.compile(r"(?<!\S)(\w{1,40})=(\S{1,40})(?!\S)")
_NUMBER = re.compile(r"\d{1,18}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){1,5}", re.ASCII)
_USAGE = {
    "user": "User time (s):",
    "system": "System time (s):",
    "switches": "Involuntary context switches:",
}
MOST_CALLS = 10**9


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


def command(binary: str, model: str, threads: int, cores: Sequence[int]) -> str:
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

    A line of statistics is one with ``count=``; whatever stands before it, and keys that are not
    needed, are passed over.

    Raises:
        ValueError: something is missing, or is no number that it can be; the message names it.
    """
    lines = output.splitlines()
    statistics = [pairs for pairs in map(_pairs, lines) if "count" in pairs]
    if len(statistics) < 2:  # the first one is the warm-up's
        raise ValueError(f"it printed no timings, and last '{last_line(output)}'")
    timed = statistics[-1]
    calls = _whole(timed, "count")
    if not 1 <= calls <= MOST_CALLS:
        raise ValueError(f"count={calls} is no number of calls")
    minimum, median = _minimum_and_median(timed)
    if not minimum <= median:
        raise ValueError(f"min={timed['min']} is above median={timed['median']}")
    usage = {name: _usage(lines, beginning) for name, beginning in _USAGE.items()}
    return Run(
        calls=calls,
        minimum_ms=minimum,
        median_ms=median,
        cpu_ms=_plausible((usage["user"] + usage["system"]) * 1000, "the time of its process"),
        switches=round(usage["switches"]),
    )


def _pairs(line: str) -> dict[str, str]:
    """Return the pairs of a line; a key that is there twice has both values, which is no number."""
    pairs: dict[str, str] = {}
    for key, value in _PAIR.findall(line) if "count=" in line else ():
        pairs[key] = f"{pairs[key]} and {value}" if key in pairs else value
    return pairs


def _minimum_and_median(timed: dict[str, str]) -> tuple[float, float]:
    """Return milliseconds."""
    only = timed.get("curr", "")
    if only.partition("(")[1] or ("min" not in timed and timed["count"] == "1"):
        value = _milliseconds({"curr": only.partition("(")[0]}, "curr")
        return value, value
    if "min" not in timed:
        raise ValueError("it prints no minimum, which is what a table holds")
    if "median" not in timed:
        raise ValueError("it prints no median, so it is too old: take one of a present LiteRT")
    return _milliseconds(timed, "min"), _milliseconds(timed, "median")


def _milliseconds(pairs: dict[str, str], key: str) -> float:
    """Return the milliseconds of a statistic in microseconds; 0 is less than one of them."""
    return _plausible(_number(pairs[key], f"{key}=") / 1000, f"{key}={pairs[key]}")


def _plausible(milliseconds: float, what: str) -> float:
    if not 0 <= milliseconds <= LONGEST_MS:
        raise ValueError(f"{words(what)} is no time that something takes")
    return milliseconds


def _whole(pairs: dict[str, str], key: str) -> int:
    number = _number(pairs[key], f"{key}=")
    if not number.is_integer():
        raise ValueError(f"{key}={words(pairs[key])} is no whole number")
    return int(number)


def _number(text: str, place: str) -> float:
    """Read a number as C++ prints it: 105718, 1.05718e+06, or 105,718 where a locale groups."""
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{place}{words(text)} is no number of 0 or more")
    return float(text)


def _usage(lines: list[str], beginning: str) -> float:
    values = [line.strip().removeprefix(beginning) for line in lines if beginning in line]
    if not values:
        raise ValueError("`toybox time -v` there does not tell what a process took")
    return _number(values[-1].strip(), beginning + " ")


def last_line(output: str) -> str:
    """Return the last line the binary wrote, before the output of ``time``, as messages show it."""
    return last_words(output.replace("\r\n", "\n").partition("\nReal time (s): ")[0])
