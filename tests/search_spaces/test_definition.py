from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from support import MICRO

from search_spaces import InputError, SpaceDefinition, builtin_spaces, load_definition, load_space
from search_spaces.definition import scale_channels

BUILTIN = Path(__file__).parents[2] / "search_spaces" / "builtin"

WRONG = {
    "stride": ("stride = 2", "stride = 3", ["stage 2", "stride 3 is not 1 or 2"]),
    "unknown stage field": ("stride = 2", "stried = 2", ["stage 2", "unknown field 'stried'"]),
    "unknown field": ("format = 1", "format = 1\ncolour = 3", ["unknown field 'colour'"]),
    "missing field": ("classes = 3", "", ["field 'classes' is missing"]),
    "missing stage field": ("depth = 2, stride", "stride", ["stage 2", "field 'depth' is missing"]),
    "other format": ("format = 1", "format = 2", ["format 2 is not known"]),
    "type": ("classes = 3", 'classes = "many"', ["classes", "'many'", "integer"]),
    "one class": ("classes = 3", "classes = 1", ["classes", "1 is not at least 2"]),
    "even kernel": ("[3, 5]", "[3, 4]", ["candidates", "4 is not an odd number"]),
    "stem kernel": ("stem = {", "stem = { kernel = 2,", ["stem, kernel: 2"]),
    "twice": ("[1, 2]", "[2, 2]", ["candidates", "names a value twice"]),
    "empty": ("[1, 2]", "[]", ["candidates", "expansions is empty"]),
    "negative": ("head = { width = 24 }", "head = { width = -4 }", ["head, width", "-4"]),
    "not TOML": ("head = {", "head = ", ["is not valid TOML", "line"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_field_is_named_with_the_reason(tmp_path: Path, fault: str) -> None:
    before, after, words = WRONG[fault]
    path = tmp_path / "mine.toml"
    assert before in MICRO
    path.write_text(MICRO.replace(before, after))
    with pytest.raises(InputError) as caught:
        load_definition(path)
    for word in (str(path), *words):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_stages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("\n".join(line for line in MICRO.splitlines() if "stages" not in line))
    with pytest.raises(InputError, match="'stages' is missing"):
        load_definition(path)
    path.write_text(path.read_text() + "\nstages = []")
    with pytest.raises(InputError, match="stages is empty"):
        load_definition(path)


def test_unknown_name_lists_the_built_in_spaces() -> None:
    with pytest.raises(InputError, match=r"no space mobile: .* cifar, imagenet, tiny"):
        load_definition("mobile")


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_bytes(b"\xff\xfe\x00format")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        load_definition(path)


@pytest.mark.parametrize("name", builtin_spaces())
def test_own_file_is_the_same_as_the_built_in(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "mine.toml"
    copy.write_bytes((BUILTIN / f"{name}.toml").read_bytes())
    assert load_space(copy) == load_space(str(copy)) == load_space(name)


def test_defaults_are_the_published_constants(micro_file: Path) -> None:
    definition = load_definition(micro_file)
    assert isinstance(definition, SpaceDefinition)
    assert definition.activation == "relu6"
    assert (definition.batch_norm.momentum, definition.batch_norm.epsilon) == (0.1, 1e-3)
    assert definition.candidates.skip
    assert definition.width_multiplier == 1


def test_adapt_changes_what_it_is_told_and_nothing_else(micro_file: Path) -> None:
    definition = load_definition(micro_file)
    assert definition.adapt() == definition
    space = definition.adapt(channels=3, resolution=17, classes=5).expand()
    assert (space.input_shape, space.classes) == ((3, 17, 17), 5)
    assert [block.stage for block in space.blocks] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width_multiplier": 0.0}, "width multiplier 0.0 is not above 0"),
        ({"resolution": 0}, "`resolution` 0 is not at least 1"),
    ],
)
def test_adapt_refuses_what_cannot_be_built(
    micro_file: Path, change: dict[str, float], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        load_definition(micro_file).adapt(**change)  # type: ignore[arg-type]


def test_head_is_only_scaled_up() -> None:
    half, wide = (
        load_definition("imagenet").adapt(width_multiplier=w).expand() for w in (0.5, 1.4)
    )
    assert half.after[0].output_shape[0] == 1280
    assert wide.after[0].output_shape[0] == 1792
    assert [half.before[0].output_shape[0], wide.before[0].output_shape[0]] == [16, 48]


@given(st.integers(1, 4096), st.floats(0.05, 4).filter(lambda multiplier: multiplier != 1))
def test_scaled_widths_are_multiples_of_8_near_the_exact_value(
    width: int, multiplier: float
) -> None:
    scaled, exact = scale_channels(width, multiplier), width * multiplier
    assert scaled % 8 == 0
    assert scaled >= max(8, 0.9 * exact)
    assert scaled <= max(8, exact + 8)


@given(st.integers(1, 4096))
def test_multiplier_one_leaves_the_width_as_written(width: int) -> None:
    assert scale_channels(width, 1.0) == width


@pytest.mark.parametrize(
    ("width", "multiplier", "scaled"), [(32, 1.4, 48), (24, 0.75, 24), (16, 0.35, 8), (96, 0.5, 48)]
)
def test_scaled_widths_of_mobilenet(width: int, multiplier: float, scaled: int) -> None:
    assert scale_channels(width, multiplier) == scaled
