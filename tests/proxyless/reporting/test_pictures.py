from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from support import write_table

from latency import Predictor, Settings, Table, load_predictor
from proxyless.reporting.formatting import TIMES
from proxyless.reporting.relative_costs import LOOKS, TITLE, draw_relative_costs, short_names
from search_spaces import InputError, MBConv, Operation, Space

SVG = "{http://www.w3.org/2000/svg}"


def wide_cost(operation: Operation) -> float:
    return 8.0 if isinstance(operation, MBConv) and operation.kernel == 5 else 1.0


def even_cost(operation: Operation) -> float:
    return 1.0


@pytest.fixture
def predictors(tmp_path: Path, micro: Space) -> list[Predictor]:
    path = tmp_path / "table.db"
    write_table(path, micro.operations(), wide_cost, device="Slow & wide")
    write_table(path, micro.operations(), even_cost, device="Even")
    return [load_predictor(path, device=name) for name in ("Slow & wide", "Even")]


def test_svg_says_what_it_shows(tmp_path: Path, predictors: list[Predictor]) -> None:
    path = tmp_path / "picture.svg"
    description = draw_relative_costs(predictors, path)
    root = ElementTree.parse(path).getroot()
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == TITLE
    assert root.findtext(f"{SVG}desc") == description
    for words in (
        "4 positions",
        "Slow & wide, on average: MB1 3x3 1, MB1 5x5 8, MB2 3x3 1, MB2 5x5 8.",
        "Even, on average: MB1 3x3 1, MB1 5x5 1, MB2 3x3 1, MB2 5x5 1.",
        "They disagree most about MB",
        "1 on Even, 8 on Slow & wide.",
    ):
        assert words in description.replace(TIMES, "x")
    texts = {str(element.text).replace(TIMES, "x") for element in root.iter(f"{SVG}text")}
    assert {"Slow & wide", "Even", "8x8, 8→8", "8x8, 8→16, stride 2", "1x", "5x"} <= texts


def test_png_carries_its_description(tmp_path: Path, predictors: list[Predictor]) -> None:
    path = tmp_path / "picture.PNG"
    description = draw_relative_costs(predictors, path)
    with Image.open(path) as image:
        assert image.info["Description"] == description
        assert image.info["Title"] == TITLE
        assert min(image.size) > 300


def test_the_same_picture_twice(tmp_path: Path, predictors: list[Predictor]) -> None:
    path = tmp_path / "picture.svg"
    draw_relative_costs(predictors, path)
    first = path.read_bytes()
    draw_relative_costs(predictors, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("dearest", "ticks"),
    [(1.4, {"1x", "1.5x"}), (90, {"1x", "50x", "100x"}), (900, {"1x", "1000x"})],
)
def test_scale_reaches_above_the_dearest(
    tmp_path: Path, micro: Space, dearest: float, ticks: set[str]
) -> None:
    table, path = tmp_path / "table.db", tmp_path / "picture.svg"
    write_table(table, micro.operations(), lambda one: dearest if wide_cost(one) > 1 else 1.0)
    draw_relative_costs([load_predictor(table, device="Phone")], path)
    root = ElementTree.parse(path).getroot()
    texts = {str(element.text).replace(TIMES, "x") for element in root.iter(f"{SVG}text")}
    assert ticks <= texts
    assert not {"0.5x", "2000x"} & texts


def test_one_profile_alone(tmp_path: Path, predictors: list[Predictor]) -> None:
    assert "disagree" not in draw_relative_costs(predictors[:1], tmp_path / "picture.svg")


def test_names_are_as_long_as_they_must_be(tmp_path: Path, micro: Space) -> None:
    path = tmp_path / "table.db"
    for address in (
        {"device": "Phone"},
        {"device": "Phone", "runtime": "onnxruntime"},
        {"device": "Tablet"},
        {"device": "Phone", "settings": Settings(threads=2)},
    ):
        write_table(path, micro.operations()[:1], even_cost, **address)
    with Table.open(path) as table:
        profiles = table.profiles()
    assert short_names(profiles[:1]) == ["Phone"]
    assert short_names([profiles[0], profiles[2]]) == ["Phone", "Tablet"]
    assert short_names(profiles[:2]) == ["Phone, litert", "Phone, onnxruntime"]
    names = short_names(profiles)
    assert len(set(names)) == 4
    assert names[3] == "Phone, litert, 2 threads, batch 1, float32"


def test_pictures_that_cannot_be(tmp_path: Path, predictors: list[Predictor], micro: Space) -> None:
    out = tmp_path / "picture.png"
    with pytest.raises(InputError, match=r"picture.jpg is neither a .png nor a .svg"):
        draw_relative_costs(predictors, out.with_suffix(".jpg"))
    with pytest.raises(InputError, match=r"no profile fits: `proxyless tables list"):
        draw_relative_costs([], out)
    with pytest.raises(InputError, match="8 profiles are too many for one picture"):
        draw_relative_costs(predictors * 4, out)
    with pytest.raises(InputError, match="cannot be made"):
        draw_relative_costs(predictors, tmp_path / "table.db" / "picture.png")
    path = tmp_path / "stem.db"
    write_table(path, micro.operations()[:1], even_cost)
    with pytest.raises(InputError, match=r"stem.db: no two blocks stand at the same position"):
        draw_relative_costs([load_predictor(path, device="Phone")], out)
    assert not out.exists()


def test_every_device_looks_different() -> None:
    assert len(set(LOOKS)) == len({colour for colour, _, _ in LOOKS}) == len(LOOKS)
