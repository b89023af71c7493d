"""What `proxyless search` prints: the networks found, and warnings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from search_spaces import InputError

from ..config import SearchConfig
from .columns import Column
from .console import print_message, show, show_rows
from .formatting import milliseconds, with_error

Summary = Mapping[str, Any]


def warn_before(config: SearchConfig) -> None:
    """Warn, before anything is trained, of a table that knows no error of its predictions."""
    from latency import load_wanted

    for device in config.devices:
        try:
            predictor = load_wanted(Path(device.table), device.profile)
        except InputError:
            return  # the search says it
        if predictor.calibration is None and predictor.info.method == "measured":
            print_message(
                f"Table {device.table} states no error of its predictions: its profile was "
                "interrupted, or measured no whole networks. The same `proxyless profile` command "
                "finishes what was interrupted.",
                warning=True,
            )


def warn(summary: Summary, table: str, title: str) -> None:
    """Print the warnings about a result; ``title`` before each names the device of several."""
    for sentence in (*search_warnings(summary), *table_warnings(summary, table)):
        print_message(f"{title}: {sentence}" if title else sentence, warning=True)


def show_found(summary: Summary, run: Path, title: str) -> None:
    """Print what was found for one device."""
    skips = summary["skips"]
    facts = {
        "run": str(run),
        "network": " ".join(summary["architecture"]),
        **{
            budget["option"]: f"{budget['limit']:,g} {budget['unit']}; "
            f"the network: {budget['derived']:,.6g}"
            for budget in summary["budgets"]
        },
        "predicted": with_error(summary["predicted_ms"], summary["relative_error"]),
        "reachable": f"{summary['fastest_ms']:.4g} to {milliseconds(summary['slowest_ms'])}",
        "on": summary["profile"],
        "parameters": f"{summary['parameters']:,}",
        "MACs": f"{summary['macs']:,}",
        "peak memory": f"{summary['peak_memory']:,} bytes of activations"
        + (f" of {allowed:,.0f}" if (allowed := summary["max_peak_memory"]) else ""),
        "skipped blocks": f"{skips['count']} of {skips['optional']} optional ones; random networks "
        f"of this budget: {skips['random_least']} to {skips['random_most']}",
        "confidence": f"{summary['confidence']:.2f}",
        "with the supernet's weights": f"{summary['supernet_accuracy']:.1%} of held-out images",
    }
    show(title, facts, False, then=f"proxyless train {run}")
    if summary["pareto"]:
        points = list(enumerate(summary["pareto"], 1))
        show_rows("From fast to slow", points, _pareto_columns(run))


def _pareto_columns(run: Path) -> list[Column[tuple[int, Summary]]]:
    """Return the columns of networks along the time axis, each with its number."""
    return [
        Column("run", lambda point: run / "pareto" / f"{point[0]}", whole=True),
        Column("predicted ms", lambda point: point[1]["predicted_ms"], numeric=True),
        Column("supernet accuracy", lambda point: _share(point[1]), numeric=True),
        Column("dominated", lambda point: "yes" if point[1]["dominated"] else ""),
    ]


def _share(point: Summary) -> str:
    return f"{point['supernet_accuracy']:.1%}"


def search_warnings(summary: Summary) -> list[str]:
    """Return warnings of a search that has not converged, or has collapsed to skips."""
    sentences = []
    if not summary["converged"]:
        sentences.append(
            f"The search has not converged: the chosen paths have a mean probability of "
            f"{summary['confidence']:.2f}. More epochs or a smaller --interval make it surer."
        )
    skips = summary["skips"]
    if skips["collapsed"]:
        sentences.append(
            f"The search has collapsed to skips: its network skips {skips['count']} of "
            f"{skips['optional']} optional blocks, random ones of the same budget at most "
            f"{skips['random_most']}. More --warmup-epochs give blocks time to become worth it."
        )
    return sentences


def table_warnings(summary: Summary, table: str) -> list[str]:
    """Return warnings of a table whose predictions are too far off for the target."""
    if summary["target_ms"] is None:
        return []
    margin = summary["target_ms"] / summary["predicted_ms"] - 1
    error = summary["relative_error"]
    if error is None:
        return [
            f"Table {table} states no error: nothing is known of how far its predictions are off. "
            f"`proxyless tables calibrate {_profile(summary, table)}`, for this space, finds out."
        ]
    if error > margin:
        return [
            f"The table's predictions are off by up to {error:.1%} (9 in 10 networks), and this "
            f"one is {margin:.1%} below the {summary['target_ms']:.4g} ms asked for: it may "
            "measure above them. A smaller budget leaves room; `proxyless tables show "
            f"{_profile(summary, table)}` says how much of the error is the fit's, which more "
            "networks (`tables calibrate`) narrow."
        ]
    return []


def _profile(summary: Summary, table: str) -> str:
    """Return the arguments that name a profile to the commands of tables."""
    settings = summary["settings"]
    return (
        f"{table} --runtime {summary['runtime']} --threads {settings['threads']} "
        f"--batch {settings['batch']} --dtype {settings['dtype']}"
    )
