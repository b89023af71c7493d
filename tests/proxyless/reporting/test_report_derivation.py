"""Where the budget had a derived network differ from the likeliest, and how a page says so."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from html_page import Page
from made_up_run import edit, overrule, time_budget, write_lines, write_run

from proxyless.reporting import report
from proxyless.reporting.animation import DERIVED, Animation
from proxyless.reporting.derivation import Derivation
from proxyless.reporting.paths import draw_paths
from proxyless.reporting.records import Search, load_search
from search_spaces import InputError, Space, load_space


@pytest.fixture(scope="module")
def space() -> Space:
    return load_space("tiny")


@pytest.fixture
def run(tmp_path: Path, space: Space) -> Path:
    folder = tmp_path / "digits"
    write_run(folder, space, random.Random(0))
    return folder


def searched(run: Path, **result: Any) -> Search:
    edit(run / "search" / "result.json", lambda found: found.update(result))
    search = load_search(run / "search")
    assert search is not None
    return search


def derivation(run: Path, **result: Any) -> Derivation:
    found = Derivation.of(searched(run, **result))
    assert found is not None
    return found


def make_baseline(run: Path) -> None:
    """Let no epoch have moved the architecture."""
    log = run / "search" / "log.jsonl"
    epochs = [json.loads(line) for line in log.read_text().splitlines()]
    write_lines(log, [{**one, "probabilities": epochs[0]["probabilities"]} for one in epochs])


def test_the_likeliest_of_every_block(run: Path) -> None:
    found = derivation(run)
    assert found.likelier == {}
    assert found.sentence == "The derived network uses the likeliest candidate of every block."


def test_blocks_and_the_reason_are_named(run: Path) -> None:
    overrule(run, 2, 4, 6)
    search = searched(run, budgets=[time_budget(0.42, 0.5)])
    found = Derivation.of(search)
    assert found is not None
    assert list(found.likelier) == [2, 4, 6]
    last = search.epochs[-1].probabilities
    assert all(last[block][place] == max(last[block]) for block, place in found.likelier.items())
    assert found.sentence == (
        "In 3 of 9 blocks (3, 5 and 7) the derived network does not use the likeliest candidate: "
        "the likeliest of all blocks together would take 0.5 ms, over the target of 0.42 ms. It is "
        "the most probable network that keeps what was asked for."
    )


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (time_budget(0.42, 0.5, "fill"), "would take 0.5 ms, over the limit of 0.42 ms"),
        (time_budget(0.42, 0.21), "would take 0.21 ms and leave 50 % of the target of 0.42 ms"),
        (
            {**time_budget(300_000, 420_000, "cap"), "unit": "parameters"},
            "would take 420 k parameters, over the limit of 300 k parameters",
        ),
        (
            {**time_budget(300_000, 100_000, "cap"), "unit": "parameters"},
            "would not keep the budget",
        ),
        (time_budget(0.42, None), "would not keep the budget"),
    ],
)
def test_every_way_to_fail_a_budget(run: Path, budget: dict[str, Any], reason: str) -> None:
    overrule(run, 0)
    assert f"together {reason}" in derivation(run, budgets=[budget]).sentence


def test_all_budgets_that_fail_are_named(run: Path) -> None:
    overrule(run, 0)
    cap = {**time_budget(300_000, 420_000, "cap"), "unit": "parameters"}
    sentence = derivation(run, budgets=[time_budget(0.42, 0.5), cap]).sentence
    assert "over the target of 0.42 ms and would take 420 k parameters, over the" in sentence


def test_the_animation_ends_in_the_derived_network(run: Path) -> None:
    overrule(run, 4)
    search = searched(run)
    animation = Animation.of(search)
    assert animation is not None
    *_, before, last = animation.frames
    assert animation.titles[-2:] == ("epoch 24", DERIVED)
    assert animation.overruled == (4,)
    labels = [[animation.kinds[kind].label for kind, _ in frame] for frame in (before, last)]
    assert [a != b for a, b in zip(*labels, strict=True)] == [place == 4 for place in range(9)]
    (slot,) = (slot for slot in animation.slots if slot.likelier)
    assert slot.likelier is not None
    assert (slot.kind.label, slot.likelier.label) == (labels[1][4], labels[0][4])
    assert slot.probability < slot.likelier_probability


def test_the_page_says_so_in_sentence_animation_bands_and_table(run: Path) -> None:
    plain = report(run).read_text()
    overrule(run, 4)
    edit(
        run / "search" / "result.json",
        lambda found: found.update(budgets=[time_budget(0.42, 0.5)]),
    )
    text = report(run).read_text()
    page = Page(text)
    assert "over the target of 0.42 ms" in " ".join(" ".join(page.words).split())
    assert sum("In 1 of 9 blocks (5)" in label for label in page.labels) == 2
    assert page.histories[0]["overruled"] == [4]
    assert page.tags["s"] == 1
    for words in (">likelier: ", "An orange frame", ">its probability<", "named in orange"):
        assert words in text
        assert words not in plain


def test_bands_name_what_was_likelier_in_its_block_alone(run: Path) -> None:
    overrule(run, 4)
    picture = draw_paths(searched(run))
    assert picture is not None
    said = ["likelier: " in drawing.inline() for drawing in picture.drawings]
    assert said == [place == 4 for place in range(9)]


def test_milliseconds_of_the_choices_are_listed(run: Path) -> None:
    words = [" ".join(word.split()) for word in Page(report(run).read_text()).words]
    start = words.index("final probability")
    choices = json.loads((run / "search" / "result.json").read_text())["choices"]
    cells = [word for word in words[start + 1 :] if word][:4]
    assert cells[2] == f"{0.01 * (1 + choices[0]):.4g}"


def test_a_baseline_has_no_likeliest_candidates(run: Path) -> None:
    make_baseline(run)
    assert Derivation.of(searched(run)) is None
    page = Page(report(run).read_text())
    assert page.histories == []
    assert "Path probabilities" not in page.words
    assert not any("likeliest" in word for word in page.words)


def test_candidate_times_of_another_space_are_refused(run: Path) -> None:
    with pytest.raises(InputError, match=r"candidate_ms does not fit the candidates"):
        searched(run, candidate_ms=[[0.1]])
