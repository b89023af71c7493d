"""What the benchmark ``interrupts`` counts."""

import json
from pathlib import Path

from benchmarks.interrupts import KEPT, VERBS, Trial, figures_of


def test_what_became_of_the_verbs_is_counted() -> None:
    trials = [
        Trial("search", [("SIGINT", 0.5), ("SIGKILL", 1.0)]),
        Trial("search", [], lost="status 2"),
        Trial("train", [("SIGKILL", 0.1)], different=("result.json",), unclean=(".a.partial",)),
    ]
    figures, rows = figures_of(trials)
    assert figures == {"interrupts": 3, "verbs": 2, "lost": 1, "different": 1, "unclean": 1}
    assert json.loads(json.dumps(rows))[2]["unclean"] == [".a.partial"]


def test_what_verbs_leave_is_read_from_their_files(tmp_path: Path) -> None:
    for name in ("report", "benchmark"):
        removed = VERBS[name].removed
        assert all((KEPT / path).exists() for path in removed)
    left = VERBS["benchmark"].left(KEPT)
    assert left == VERBS["benchmark"].left(KEPT)
    left = VERBS["tables fit"].left(_linked(tmp_path))
    assert {"visits", "estimates", "calibrations"} <= left.keys()


def _linked(folder: Path) -> Path:
    (folder / "new.db").write_bytes((KEPT / "tables/fitted.db").read_bytes())
    return folder
