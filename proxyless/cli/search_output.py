"""What `proxyless search` prints: the networks found, and warnings."""

from pathlib import Path

from search_spaces import InputError
from search_spaces.plain_text import quoted

from ..config import SearchConfig
from ..runs.results import ParetoPoint, SearchResult, Skips
from .columns import Column
from .console import print_message, show, show_rows
from .formatting import milliseconds, with_error


def warn_before(config: SearchConfig) -> None:
    """Warn, before anything is trained, of a table that knows no error of its predictions."""
    from latency import find_predictor

    for device in config.devices:
        try:
            predictor = find_predictor(Path(device.table), device.profile)
        except InputError:
            return  # the search says it
        if predictor.calibration is None and predictor.info.method == "measured":
            print_message(
                f"Table {device.table} states no error of its predictions: its profile was "
                "interrupted, or measured no whole networks. The same `proxyless profile` command "
                "finishes what was interrupted.",
                warning=True,
            )


def warn(result: SearchResult, table: str, title: str) -> None:
    """Print the warnings about a result; ``title`` before each names the device of several."""
    for sentence in (*search_warnings(result), *table_warnings(result, table)):
        print_message(f"{title}: {sentence}" if title else sentence, warning=True)


def show_found(result: SearchResult, run: Path, title: str) -> None:
    """Print what was found for one device."""
    skips = result.skips
    facts = {
        "run": str(run),
        "network": " ".join(result.architecture),
        **{
            _option(budget.name): f"{budget.limit:,g} {budget.unit}; the network: "
            f"{budget.derived:,.6g}"
            for budget in result.budgets
        },
        "predicted": with_error(result.predicted_ms, result.relative_error),
        "reachable": f"{result.fastest_ms:.4g} to {milliseconds(result.slowest_ms)}",
        "on": result.profile,
        "parameters": f"{result.parameters:,}",
        "MACs": f"{result.macs:,}",
        "peak memory": f"{result.peak_memory:,} bytes of activations"
        + (f" of {allowed:,.0f}" if (allowed := result.max_peak_memory) else ""),
        **({} if skips is None else {"skipped blocks": _skipped(skips)}),
        "confidence": f"{result.confidence:.2f}",
        "with the supernet's weights": f"{result.supernet_accuracy:.1%} of held-out images",
    }
    show(title, facts, False, then=f"proxyless train {quoted(run)}")
    if result.pareto:
        points = list(enumerate(result.pareto, 1))
        show_rows("From fast to slow", points, _pareto_columns(run))


def _skipped(skips: Skips) -> str:
    return (
        f"{skips.count} of {skips.optional} optional ones; random networks of this budget: "
        f"{skips.random_least} to {skips.random_most}"
    )


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")


def _pareto_columns(run: Path) -> list[Column[tuple[int, ParetoPoint]]]:
    """Return the columns of networks along the time axis, each with its number."""
    return [
        Column("run", lambda point: run / "pareto" / f"{point[0]}", whole=True),
        Column("predicted ms", lambda point: point[1].predicted_ms, numeric=True),
        Column("supernet accuracy", lambda point: _share(point[1]), numeric=True),
        Column("dominated", lambda point: "yes" if point[1].dominated else ""),
    ]


def _share(point: ParetoPoint) -> str:
    return f"{point.supernet_accuracy:.1%}"


def search_warnings(result: SearchResult) -> list[str]:
    """Return warnings of a search that has not converged, or has collapsed to skips."""
    sentences = []
    if not result.converged:
        sentences.append(
            f"The search has not converged: the chosen paths have a mean probability of "
            f"{result.confidence:.2f}. More epochs or a smaller --interval make it surer."
        )
    skips = result.skips
    if skips is not None and skips.collapsed:
        sentences.append(
            f"The search has collapsed to skips: its network skips {skips.count} of "
            f"{skips.optional} optional blocks, random ones of the same budget at most "
            f"{skips.random_most}. More --warmup-epochs give blocks time to become worth it."
        )
    return sentences


def table_warnings(result: SearchResult, table: str) -> list[str]:
    """Return warnings of a table whose predictions are too far off for the target."""
    if result.target_ms is None:
        return []
    margin = result.target_ms / result.predicted_ms - 1
    error = result.relative_error
    if error is None:
        return [
            f"Table {table} states no error: nothing is known of how far its predictions are off. "
            f"`proxyless tables calibrate {_profile(result, table)}`, for this space, finds out."
        ]
    if error > margin:
        return [
            f"The table's predictions are off by up to {error:.1%} (9 in 10 networks), and this "
            f"one is {margin:.1%} below the {result.target_ms:.4g} ms asked for: it may "
            "measure above them. A smaller budget leaves room; `proxyless tables show "
            f"{_profile(result, table)}` says how much of the error is the fit's, which more "
            "networks (`tables calibrate`) narrow."
        ]
    return []


def _profile(result: SearchResult, table: str) -> str:
    """Return the arguments that name a profile to the commands of tables."""
    settings = result.settings
    return (
        f"{quoted(table)} --runtime {quoted(result.runtime)} --threads {settings.threads} "
        f"--batch {settings.batch} --dtype {settings.dtype}"
    )
