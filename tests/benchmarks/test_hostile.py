"""What the benchmark ``hostile`` says of inputs is true, and its inputs are what they are said."""

import json
import random
import subprocess
from pathlib import Path

import pytest
from nursery import Nursery

from benchmarks.hostile.__main__ import BOUNDARIES, KEPT, judged
from benchmarks.hostile.mutation import NASTY_VALUES, as_json, mutated_bytes, mutated_plain
from benchmarks.hostile.trial import Ended, Outcome, Trial

ENDINGS = {
    "pass": Outcome.ACCEPTED,
    "raise InputError('no')": Outcome.REFUSED,
    "sys.exit(2)": Outcome.REFUSED,
    "raise KeyError('name')": Outcome.TRACEBACK,
    "sys.exit(70)": Outcome.TRACEBACK,
    "os.kill(os.getpid(), 11)": Outcome.TRACEBACK,
    "time.sleep(60)": Outcome.HANG,
    "bytearray(trial.MEMORY * 2)": Outcome.OVER_MEMORY,
    "print('\\x1b[2J')": Outcome.WRONGLY_ACCEPTED,
    "raise WronglyAcceptedError('no')": Outcome.WRONGLY_ACCEPTED,
}
PROGRAM = """
import json, os, sys, time
from pathlib import Path
from benchmarks.hostile import trial
from benchmarks.hostile.trial import Trial, WronglyAcceptedError, run_all
from search_spaces import InputError
trial.SECONDS = 5.0
trials = []
for number, code in enumerate(json.loads(sys.argv[1])):
    folder = Path(sys.argv[2]) / str(number)
    folder.mkdir()
    trials.append(Trial("none", code, folder, lambda code=code: exec(code)))
print(json.dumps({ended.trial.description: int(ended.outcome) for ended in run_all(trials, 4)}))
"""


@pytest.mark.slow
def test_each_way_of_ending_is_told_from_the_others(nursery: Nursery, tmp_path: Path) -> None:
    command = [str(nursery.python), "-c", PROGRAM, json.dumps(list(ENDINGS)), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == {
        code: int(outcome) for code, outcome in ENDINGS.items()
    }
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", BOUNDARIES)
def test_inputs_follow_from_the_seed(name: str, tmp_path: Path) -> None:
    def made(folder: str, seed: int) -> str:
        own = tmp_path / folder
        own.mkdir()
        return BOUNDARIES[name].make(own, KEPT, random.Random(seed))

    assert made("once", 3) == made("again", 3)
    assert len({made(f"other {seed}", seed) for seed in range(8)}) > 1


def test_what_is_wrong_in_itself_must_not_be_accepted(tmp_path: Path) -> None:
    def ended(boundary: str, outcome: Outcome) -> Ended:
        return Ended(Trial(boundary, "", tmp_path, lambda: None), outcome, "")

    assert judged(ended("weights", Outcome.ACCEPTED)) is Outcome.WRONGLY_ACCEPTED
    assert judged(ended("weights", Outcome.REFUSED)) is Outcome.REFUSED
    assert judged(ended("space", Outcome.ACCEPTED)) is Outcome.ACCEPTED


def test_a_change_is_a_change() -> None:
    generator = random.Random(0)
    value = {"a": [1, {"b": "c"}], "d": None}
    changed = [as_json(mutated_plain(value, generator)[0]) for _ in range(200)]
    assert sum(content != as_json(value) for content in changed) > 190
    assert len(set(changed)) > 20
    assert as_json(value) == b'{"a": [1, {"b": "c"}], "d": null}'
    assert any(mutated_bytes(b"content", generator)[0] != b"content" for _ in range(10))
    assert len(NASTY_VALUES) > 30
