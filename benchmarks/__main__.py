"""Run every benchmark that has goals and print figures beside them: ``python -m benchmarks``."""

import json
import operator
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.goals import GOALS

COMPARISONS = {"<=": operator.le, ">=": operator.ge, ">": operator.gt}


def main() -> int:
    """Run each in a process of its own; a missed goal is shown, a broken benchmark is an error."""
    options = [argument for argument in sys.argv[1:] if argument == "--quick"]
    table = Table("benchmark", "figure", "value", "goal", "met")
    broken = 0
    for name, goals in GOALS.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            broken += 1
            table.add_row(name, "", "failed", "", "")
            continue
        figures = json.loads(done.stdout.splitlines()[-1])["figures"]
        for figure, value in figures.items():
            comparison, goal = goals.get(figure, ("", None))
            met = "" if goal is None else ("yes" if _meets(value, comparison, goal) else "no")
            wanted = "" if goal is None else f"{comparison} {goal:g}"
            table.add_row(name, figure, f"{value:.4g}", wanted, met)
    Console().print(table)
    return int(broken > 0)


def _meets(value: float, comparison: str, goal: float) -> bool:
    return bool(COMPARISONS[comparison](value, goal))


if __name__ == "__main__":
    sys.exit(main())
