"""What candidates look like: as their styles say, and as ever where a result has none."""

import json
import random
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from made_up_run import write_run

from proxyless.reporting.animation import Animation
from proxyless.reporting.colours import GREY, HUES, candidate_colour
from proxyless.reporting.drawing import operations_legend, split_parts
from proxyless.reporting.early_labels import style_of_label
from proxyless.reporting.paths import draw_paths
from proxyless.reporting.records import load_search
from search_spaces import (
    Architecture,
    InputError,
    MBConv,
    Operation,
    Style,
    builtin_spaces,
    load_space,
)


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A run as today's searches leave it, with styles."""
    space = load_space("tiny")
    write_run(tmp_path / "made-up", space, random.Random(0))
    path = tmp_path / "made-up" / "search" / "result.json"
    styles = {one.label: asdict(one.style) for b in space.blocks for one in b.candidates}
    path.write_text(json.dumps({**json.loads(path.read_text()), "styles": styles}))
    return tmp_path / "made-up"


def candidates() -> list[Operation]:
    spaces = map(load_space, builtin_spaces())
    return [one for space in spaces for block in space.blocks for one in block.candidates]


def test_early_labels_look_as_their_operations_do() -> None:
    for operation in candidates():
        assert style_of_label(operation.label) == operation.style


def test_a_new_result_keeps_styles_and_an_early_one_is_drawn_alike(
    made_up: Path, tmp_path: Path
) -> None:
    new = load_search(made_up / "search")
    assert new is not None
    assert new.result.styles is not None
    shutil.copytree(made_up / "search", tmp_path / "search")
    path = tmp_path / "search" / "result.json"
    data = json.loads(path.read_text())
    del data["styles"]
    path.write_text(json.dumps(data))
    early = load_search(tmp_path / "search")
    assert early is not None
    assert early.result.styles is None
    animation = Animation.of(new)
    assert animation is not None
    assert Animation.of(early) == animation
    assert len({kind.colour for kind in animation.kinds}) > 1
    old, drawn = draw_paths(early), draw_paths(new)
    assert old is not None
    assert drawn is not None
    assert old.legend == drawn.legend


def test_styles_decide_and_labels_do_not(made_up: Path) -> None:
    search = load_search(made_up / "search")
    assert search is not None
    labels = {label for block in search.result.candidates for label in block}
    styles = {label: Style("Odd", hue=number) for number, label in enumerate(sorted(labels))}
    changed = replace(search, result=replace(search.result, styles=styles))
    animation = Animation.of(changed)
    assert animation is not None
    assert [kind.colour for kind in animation.kinds] == [
        HUES[number % len(HUES)] for number in range(len(labels))
    ]


def test_styles_that_do_not_fit_are_refused(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up / "search", tmp_path / "search")
    path = tmp_path / "search" / "result.json"
    data = json.loads(path.read_text())
    data["styles"].pop(data["candidates"][0][0])
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"result\.json.*styles do not fit the candidates"):
        load_search(tmp_path / "search")


def test_grey_has_no_shades() -> None:
    assert candidate_colour(Style("convolution", size=7)) == GREY
    assert candidate_colour(Style.left_out("zero")) == GREY


def test_legend_lists_family_by_family_and_grey_last() -> None:
    operations = Architecture.random(load_space("tiny"), random.Random(1)).operations
    expansions = sorted({one.expansion for one in operations if isinstance(one, MBConv)})
    assert [words for words, _ in operations_legend(operations)] == [
        *(f"MBConv, expansion {expansion}" for expansion in expansions),
        "convolution, classifier",
    ]


def test_parts_are_cut_at_blocks_without_residual() -> None:
    space = load_space("tiny")
    zero = len(space.blocks[1].candidates) - 1
    operations = Architecture.choose(space, [0, zero, zero, 1, 0, zero, 0, 0, 0]).operations
    parts = split_parts(operations)
    assert [part.title for part in parts] == ["Stem", "Stage 1", "Stage 2", "Stage 3", "Head"]
    assert [len(part.operations) for part in parts] == [2, 3, 3, 3, 2]
