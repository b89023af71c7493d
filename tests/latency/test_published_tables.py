"""Published tables: their facts, and that nothing in them is guessed."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from support import SHARED_DATA, measurement, write_table

from latency import (
    Predictor,
    Settings,
    Table,
    calibrate,
    export_table,
    import_table,
    load_predictor,
    published_network,
)
from latency.published import FORMATS, PublishedKey
from latency.published.proxylessnas import proxylessnas_key
from proxyless import load_architecture
from search_spaces import (
    Architecture,
    Classifier,
    Convolution,
    InputError,
    MBConv,
    Operation,
    Space,
    Zero,
    load_space,
)

BLOCK = "expanded_conv-input:56x56x24-output:28x28x40-expand:3-kernel:5-stride:2-idskip:0"
OTHER_BLOCK = BLOCK.replace("kernel:5", "kernel:3")
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
ROW = f"{BLOCK}:\n  count: 10\n  mean: 1.5\n  var: 0.25\n"
OFA_BLOCK = (
    "expanded_conv-input:48x48x32-output:48x48x32-expand:96-kernel:5-stride:1-idskip:1-se:0-hs:0"
)


def published(name: str) -> Path:
    path = SHARED_DATA / "latency" / name
    if not path.is_file():
        pytest.skip(f"the published table {name} is not beside this checkout (shared data)")
    return path


def imported(file: Path, folder: Path, device: str = "Pixel 1") -> Predictor:
    table = folder / "table.db"
    info = import_table(file, table, device).info
    return load_predictor(table, info.runtime, device)


def written(folder: Path, text: str, name: str = "published.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def uniform(space: Space, label: str) -> Architecture:
    """The network of a space that has the same operation in every block."""
    choices = [
        [candidate.label for candidate in block.candidates].index(label) for block in space.blocks
    ]
    return Architecture.choose(space, choices)


def keys_of(operations: Sequence[Operation]) -> list[str]:
    found = [proxylessnas_key(operation) for operation in operations if not operation.free]
    return [str(key) for key in found]


@pytest.fixture(scope="module")
def pixel(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    file = published("pixel1_mobile_trim.yaml")
    return imported(file, tmp_path_factory.mktemp("pixel"))


@pytest.mark.parametrize(("label", "milliseconds"), [("MB3_3x3", 76.05), ("MB6_7x7", 191.03)])
def test_pixel_1_uniform_networks(pixel: Predictor, label: str, milliseconds: float) -> None:
    operations = uniform(load_space("imagenet"), label).operations
    assert pixel.network(operations) == pytest.approx(milliseconds, abs=0.005)
    assert published_network(pixel, keys_of(operations)) == pytest.approx(
        pixel.network(operations), abs=1e-9
    )


def test_pixel_1_mobile_operations_on_narrow_stages(pixel: Predictor) -> None:
    space, labels = load_space("imagenet"), load_architecture("proxyless_mobile").labels[2:-2]
    choices = [
        [candidate.label for candidate in block.candidates].index(label)
        for block, label in zip(space.blocks, labels, strict=True)
    ]
    network = Architecture.choose(space, choices)
    assert pixel.network(network.operations) == pytest.approx(82.52, abs=0.005)


def test_pixel_1_lacks_three_blocks_of_the_published_network(pixel: Predictor) -> None:
    operations = load_architecture("proxyless_mobile").active
    lost = [one for one in operations if one.key not in pixel.entries]
    assert [(one.label, one.output_shape[0]) for one in lost] == [
        ("MB3_5x5", 32), ("MB3_3x3", 32), ("MB3_7x7", 40),
    ]  # fmt: skip
    with pytest.raises(InputError, match=f"no entry for {lost[0].key} .*imported.*: import a file"):
        pixel.network(operations)
    with pytest.raises(InputError, match=f"no entry for {keys_of(lost)[0]} "):
        published_network(pixel, keys_of(operations))


def test_pixel_1_table_costs_the_whole_space(pixel: Predictor) -> None:
    space = load_space("imagenet")
    low, high = pixel.bounds(space)
    assert low < 76.05 < 191 < high
    assert len(pixel.entries) == 72
    assert pixel.overhead == 0


@pytest.mark.parametrize("name", ["soc_cpu_b.csv", "soc_gpu.csv"])
def test_block_csv_is_the_same_operations(name: str, tmp_path: Path) -> None:
    found = imported(published(name), tmp_path, "Board")
    assert found.info.runtime == "block-csv"
    assert len(found.entries) == 72
    with published(name).open() as file:
        total = sum(float(row["latency(ms)"]) for row in csv.DictReader(file))
    assert sum(entry.milliseconds for entry in found.entries.values()) == pytest.approx(total)
    assert found.network(uniform(load_space("imagenet"), "MB3_3x3").operations) > 0


TUTORIAL = (
    (32, 2, ((3, 5), (3, 3))),
    (48, 2, ((4, 5), (4, 3))),
    (96, 2, ((6, 7), (3, 7), (4, 3))),
    (136, 1, ((4, 5), (4, 5), (4, 7), (3, 3))),
    (192, 2, ((6, 3), (6, 3), (6, 5))),
)
"""The network that mit-han-lab/once-for-all@698a5c1 tutorial/ofa.ipynb prints for Note10, 25 ms:
(width, stride, (expansion, kernel) of each block) of a stage. Stages 2, 4 and 5 have
squeeze-and-excitation, 3 to 5 h-swish."""


def tutorial_keys(resolution: int) -> Iterator[str]:
    side, channels = resolution // 2, 24
    yield f"Conv-input:{resolution}x{resolution}x3-output:{side}x{side}x24"
    first = "expand:24-kernel:3-stride:1-idskip:1-se:0-hs:0"
    yield f"expanded_conv-input:{side}x{side}x24-output:{side}x{side}x24-{first}"
    for stage, (width, stride, blocks) in enumerate(TUTORIAL):
        for number, (expansion, kernel) in enumerate(blocks):
            step = stride if number == 0 else 1
            after = side // step
            yield (
                f"expanded_conv-input:{side}x{side}x{channels}-output:{after}x{after}x{width}"
                f"-expand:{channels * expansion}-kernel:{kernel}-stride:{step}"
                f"-idskip:{int(number > 0)}-se:{int(stage in (1, 3, 4))}-hs:{int(stage > 1)}"
            )
            side, channels = after, width
    yield f"Conv_1-input:{side}x{side}x192-output:{side}x{side}x1152"
    yield f"AvgPool2D-input:{side}x{side}x1152-output:1x1x1152"
    yield "Conv_2-input:1x1x1152-output:1x1x1536"
    yield "Logits-input:1x1x1536-output:1000"


def test_note_10_tutorial_network(tmp_path: Path) -> None:
    note = imported(published("note10_ofa_192.yaml"), tmp_path, "Note10")
    keys = list(tutorial_keys(192))
    assert published_network(note, keys) == pytest.approx(24.7302, abs=5e-5)
    with pytest.raises(InputError, match=r"no entry for Conv-input:224x224x3-output:112x112x24"):
        published_network(note, tutorial_keys(224))


def test_note_10_keeps_what_no_operation_says_as_it_is(tmp_path: Path) -> None:
    table = tmp_path / "table.db"
    found = import_table(published("note10_ofa_192.yaml"), table, "Note10")
    assert found.operations == 19
    assert {key for key in found.foreign if not key.startswith("expanded_conv")} == {
        key for key in tutorial_keys(192) if not key.startswith("expanded_conv")
    }
    note = load_predictor(table, device="Note10")
    assert MBConv(24, 24, 3, 1, 1, 96, True, "relu").key in note.entries
    assert all("-relu" in key and "relu6" not in key for key in note.entries)
    with Table.open(table) as opened:
        assert set(opened.entries(found.info.id, "foreign")) == set(found.foreign)


def test_input_sizes_of_one_device_do_not_mix(tmp_path: Path) -> None:
    table = tmp_path / "table.db"
    import_table(published("note10_ofa_192.yaml"), table, "Note10")
    other = published("note10_ofa_224.yaml")
    with pytest.raises(InputError, match=r"Conv_2-input:1x1x1152.*another `device` or `runtime`"):
        import_table(other, table, "Note10")
    import_table(other, table, "Note10", runtime="at 224")
    at_224 = load_predictor(table, "at 224", "Note10")
    assert published_network(at_224, tutorial_keys(224)) > 24.7302


operations = st.one_of(
    st.builds(
        lambda channels, out, kernel, stride, expansion, side, skip: MBConv(
            channels,
            channels if skip and stride == 1 else out,
            kernel,
            stride,
            expansion,
            side,
            skip and stride == 1,
        ),
        st.integers(1, 999), st.integers(1, 999), st.sampled_from([1, 3, 5, 7, 9]),
        st.integers(1, 3), st.integers(1, 9), st.integers(1, 512), st.booleans(),
    ),
    st.builds(
        Convolution, st.integers(1, 999), st.integers(1, 999), st.sampled_from([1, 3]),
        st.integers(1, 2), st.integers(1, 512),
    ),
    st.builds(Classifier, st.integers(1, 9999), st.integers(1, 9999), st.integers(1, 99)),
)  # fmt: skip


@given(operations)
def test_keys_name_operations_exactly_or_not_at_all(operation: Operation) -> None:
    key = proxylessnas_key(operation)
    if key is not None:
        assert PublishedKey.parse(str(key)) == key
        assert FORMATS["proxylessnas"].operation(key) == operation
    else:  # of one pixel, strides cannot be told apart
        assert isinstance(operation, Convolution)
        assert (operation.resolution, operation.stride) == (1, 2)


@pytest.mark.parametrize(
    "operation",
    [
        MBConv(8, 8, 3, 1, 3, 8, True, "relu"),
        Convolution(8, 8, 5, 1, 8),
        Convolution(8, 8, 3, 1, 8, "none"),
        Zero(8, 8),
    ],
)
def test_what_published_keys_cannot_say_has_none(operation: Operation) -> None:
    assert proxylessnas_key(operation) is None


@pytest.mark.parametrize(
    ("file_format", "key", "operation"),
    [
        ("proxylessnas", BLOCK, MBConv(24, 40, 5, 2, 3, 56, False)),
        ("proxylessnas", "Conv-input:224x224x3-output:112x112x32", Convolution(3, 32, 3, 2, 224)),
        ("proxylessnas", "Conv_1-input:7x7x8-output:7x7x16", Convolution(8, 16, 1, 1, 7)),
        ("proxylessnas", "Logits-input:7x7x8-output:10", Classifier(8, 10, 7)),
        ("proxylessnas", "AvgPool2D-input:7x7x8-output:1x1x8", None),
        ("proxylessnas", BLOCK.replace("28x28", "27x27"), None),
        ("proxylessnas", BLOCK.replace("56x56", "56x48"), None),
        ("proxylessnas", BLOCK.replace("kernel:5", "kernel:4"), None),
        ("proxylessnas", BLOCK.replace("idskip:0", "idskip:1"), None),
        ("proxylessnas", BLOCK.replace("-idskip:0", ""), None),
        ("proxylessnas", BLOCK.replace("expand:3", "expand:0"), None),
        ("proxylessnas", OFA_BLOCK, None),
        ("once-for-all", OFA_BLOCK, MBConv(32, 32, 5, 1, 3, 48, True, "relu")),
        ("once-for-all", OFA_BLOCK.replace("expand:96", "expand:97"), None),
        ("once-for-all", OFA_BLOCK.replace("se:0", "se:1"), None),
        ("once-for-all", OFA_BLOCK.replace("hs:0", "hs:1"), None),
        ("once-for-all", BLOCK, None),
        ("once-for-all", "Conv-input:224x224x3-output:112x112x24", None),
    ],
)
def test_keys_become_operations_only_where_they_are_the_same(
    file_format: str, key: str, operation: Operation | None
) -> None:
    assert FORMATS[file_format].operation(PublishedKey.parse(key)) == operation


def test_rows_keep_their_spread_and_count(tmp_path: Path) -> None:
    (entry,) = imported(written(tmp_path, ROW), tmp_path).entries.values()
    assert (entry.milliseconds, entry.spread_ms, entry.samples) == (1.5, 0.5, 10)
    assert entry.processes == 0
    text = f"{OFA_BLOCK}:\n  count: 3\n  mean: 2\n  std: 0.5\n"
    (entry,) = imported(written(tmp_path, text), tmp_path, "Note").entries.values()
    assert (entry.milliseconds, entry.spread_ms, entry.samples) == (2, 0.5, 3)
    (entry,) = imported(
        written(tmp_path, f"{BLOCK}: {{mean: 1}}\n"), tmp_path, "x"
    ).entries.values()
    assert (entry.milliseconds, entry.spread_ms, entry.samples) == (1, 0, 1)


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    table, file = tmp_path / "table.db", written(tmp_path, ROW)
    first = import_table(file, table, "Phone", "tflite", Settings(threads=4))
    assert import_table(file, table, "Phone", "tflite", Settings(threads=4)) == first
    assert str(first.info) == "tflite published on Phone, 4 threads, batch 1, float32, imported"
    assert len(load_predictor(table, device="Phone").entries) == 1


def test_another_value_for_a_key_is_a_conflict(tmp_path: Path) -> None:
    table = tmp_path / "table.db"
    import_table(written(tmp_path, ROW), table, "Phone")
    with pytest.raises(InputError, match=rf"gives {BLOCK} 2 ms, but table .* has 1.5 ms"):
        import_table(written(tmp_path, ROW.replace("1.5", "2")), table, "Phone")
    (entry,) = load_predictor(table, device="Phone").entries.values()
    assert entry.milliseconds == 1.5


CSV = "block_name,latency(ms)\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "published.yaml is empty"),
        (" \n\n", "published.yaml is empty"),
        ("# nothing\n", "is no table of several columns"),
        ("hello: 1\n", "has keys like 'hello' but none like LAYER-input:HxWxC-output:HxWxC, which"),
        ("- 1\n", "row 1: '1' has no columns"),
        ("nothing\n", "is no table of several columns"),
        ("a,b\n1,2\n", r"in none of its columns \('a', 'b'\) keys like LAYER-input"),
        (ROW + ROW, f"line 5: '{BLOCK}' is there twice"),
        (ROW + "  mean: 2\n", "line 5: 'mean' is there twice"),
        (ROW.replace("mean: 1.5", "mean: -1"), f"key {BLOCK}, mean: '-1' is not a latency"),
        (ROW.replace("mean: 1.5", "mean: fast"), "mean: 'fast' is not a latency"),
        (ROW.replace("mean: 1.5", "mean: .nan"), "mean: '.nan' is not a latency"),
        (ROW.replace("mean: 1.5", "mean: .inf"), "mean: '.inf' is not a latency"),
        (ROW.replace("mean: 1.5", "mean: true"), "mean: 'true' is not a latency"),
        (ROW.replace("mean: 1.5", f"mean: {10**400}"), "is not a latency"),
        (ROW.replace("mean: 1.5", "mean:"), "mean: '' is not a latency"),
        (ROW.replace("mean: 1.5", "milli: x"), "but no `mean` or other number of milliseconds"),
        (ROW + OTHER_BLOCK + ": {median: 1.5}", f"key {OTHER_BLOCK} has no `mean`"),
        (ROW.replace("var: 0.25", "var: -1"), "var: '-1' is not a measure of spread"),
        (ROW.replace("count: 10", "count: 0"), "count: '0' is not a count"),
        (ROW.replace("count: 10", "count: 1.5"), "count: '1.5' is not a count"),
        (f"{BLOCK}: fast\n", "latency: 'fast' is not a latency"),
        (f"{BLOCK}: [1.5]\n", "is not a latency"),
        (ROW + "1: {mean: 1}\n", "key 1: it has keys of a latency table, but this is not a pub"),
        (ROW + "stem: {mean: 1}\n", "key stem: it has keys of a latency table, but this is not"),
        (ROW.replace("mean: 1.5", "mean: 1:30"), "mean: '1:30' is not a latency"),
        (ROW.replace("mean: 1.5", "mean: 2030-01-01"), "mean: '2030-01-01' is not a latency"),
        (ROW.replace("mean: 1.5", "mean: 0x10"), "mean: '0x10' is not a latency"),
        (ROW.replace("mean: 1.5", "mean: 1e9"), "mean: '1e9' is not a latency"),
        (ROW.replace("mean: 1.5", f"mean: {'9' * 5000}"), "is not a latency"),
        (ROW.replace("mean: 1.5", "mean: &a 1.5"), "line 3: tables have no anchors and aliases"),
        (BOMB, "line 1: tables have no anchors and aliases: write values out"),
        (ROW + "---\n" + ROW, "a second document begins"),
        (ROW + "? [a]\n: 1\n", "line 5: a key is no text"),
        ("{" + f'"{BLOCK}": {{"mean": NaN}}' + "}", "mean: nan is not a latency"),
        ("{" + f'"{BLOCK}": {{"mean": true}}' + "}", "but no `mean`|mean: True is not"),
        ("{" + f'"{BLOCK}": {{"mean": -1}}' + "}", "mean: -1 is not a latency"),
        ("{" + f'"{BLOCK}": 1, "{BLOCK}": 2' + "}", "stands twice in an object"),
        ("{" + f'"{BLOCK}": {"[" * 100_000}', "more than 64|is not valid JSON"),
        ("[" * 100_000, "its lists are more than 64 deep"),
        ("[1, 2]", "row 1: 1 has no columns: give an object a row"),
        ("{}", "is empty: there is nothing to import"),
        ("[]", "is empty: there is nothing to import"),
        (ROW + "Conv-input:0x1x1-output:1: {mean: 1}\n", "is not a published key"),
        (ROW + "- 1\n", "line 5: "),
        (ROW + "  x: !!python/object/apply:os.system [ls]\n", "line 5: .*python/object/apply"),
        (ROW + "  x: !!int nothing\n", "line 5: tables have no tags like"),
        (ROW + "  x: \x07\n", "is not valid YAML"),
        (ROW + f"  x: {'[' * 5000}\n", "more than 64 levels deep"),
        (ROW + BLOCK.replace("56x56x24", "56x56x024") + ": {mean: 1}", "is not a published key"),
        (ROW + BLOCK.replace("l:5", "l:05") + ": {mean: 1}", "are the same operation"),
        (ROW + BLOCK + "-idskip:1: {mean: 1}", "names a field twice"),
        (CSV, "published.yaml is empty"),
        (CSV + f"{BLOCK},1\n\n{BLOCK},2\n", f"line 4: '{BLOCK}' is there twice"),
        (CSV + f"{BLOCK},1,2\n", "line 2: 3 columns instead of 2"),
        (CSV + f"{BLOCK}\n", r"line 2, latency\(ms\): '' is not a latency"),
        (CSV + f"{BLOCK},\n", r"line 2, latency\(ms\): '' is not a latency"),
        (CSV + f"{BLOCK},-0.1\n", r"line 2, latency\(ms\): '-0.1' is not a latency"),
        (CSV + f"{BLOCK},1 ms\n", r"line 2, latency\(ms\): '1 ms' is not a latency"),
        (CSV + f"{BLOCK},nan\n", "'nan' is not a latency"),
        (CSV + f"{BLOCK},0\n", "0 is not a latency: nothing takes no time"),
        (CSV + f"{BLOCK},0.0\n", "0 is not a latency"),
        (CSV + f"{BLOCK},1e-320\n", "is not a latency: nothing takes no time"),
        (CSV + f"{BLOCK},1e-20\n", "1e-20 is not a latency"),
        (CSV + f"{BLOCK},1e999\n", "'1e999' is not a latency"),
        (CSV + f"{BLOCK},\u0661\n", "'\u0661' is not a latency"),
        (CSV + f"{BLOCK},1_000\n", "'1_000' is not a latency"),
        (CSV + "stem,1\n", "in none of its columns"),
        (CSV + f"{BLOCK},1\nstem,1\n", "'stem' is not a published key"),
        (CSV + f'"{BLOCK},1\n', "line 2: unexpected end of data"),
        (CSV + f'{BLOCK},"1,234"\n', "may be a decimal number or one of thousands"),
        (f"a,{CSV}x,{BLOCK},1\n".replace("latency(ms)", "a"), "column 'a' is there twice"),
        ("block_name;ms\n" + f"{BLOCK};1,5\n{OTHER_BLOCK};1.5\n", "write all its numbers alike"),
        ("block_name,energy (mJ)\n" + f"{BLOCK},1\n", r"is in 'mj', which is no time"),
        ("block_name,cpu_b,cpu_s\n" + f"{BLOCK},1,2\n", "with `column`: cpu_b, cpu_s"),
        (f"device,{CSV}A,{BLOCK},1\nB,{BLOCK},2\n", r"column 'device' \('A', 'B'\): give one"),
        (json.dumps({"cpu": {BLOCK: 1}, "gpu": {BLOCK: 2}}), r"tables \('cpu', 'gpu'\): name"),
    ],
)
def test_bad_files_are_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    file, table = written(tmp_path, text), tmp_path / "table.db"
    with pytest.raises(InputError, match=words) as caught:
        import_table(file, table, "Phone")
    assert str(file) in str(caught.value)
    assert not table.exists()


@pytest.mark.parametrize(
    ("file_format", "words"),
    [
        ("toml", "no format 'toml': choose auto, proxylessnas, once-for-all, block-csv"),
        ("block-csv", "rows below keys, but format block-csv needs columns"),
    ],
)
def test_format_that_does_not_fit(tmp_path: Path, file_format: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        import_table(written(tmp_path, ROW), tmp_path / "t.db", "Phone", file_format=file_format)


def test_keys_in_braces_are_yaml_too(tmp_path: Path) -> None:
    file = written(tmp_path, f"{{{BLOCK}: {{mean: 1}}}}")
    assert import_table(file, tmp_path / "table.db", "Phone").operations == 1


STEM = "Conv-input:32x32x3-output:16x16x32"
RECORDS = [{"block_name": STEM, "cpu_b": 0.08}, {"block_name": BLOCK, "cpu_b": 1.5}]
LINES = f"block_name,cpu_b\n{STEM},0.08\n{BLOCK},1.5\n"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (LINES, "cpu_b in ms (no unit is said)"),
        (LINES.replace(",", ";"), "cpu_b in ms (no unit is said)"),
        (LINES.replace(",", ";").replace("0.08", "0,08").replace("1.5", "1,5"), "cpu_b in ms (no "),
        (LINES.replace(",", "\t").replace("0.08", "0,08").replace("1.5", "1,5"), "cpu_b in ms (no"),
        (LINES.replace("0.08", '"0,08"').replace("1.5", '"1,5"'), "cpu_b in ms (no unit is said)"),
        (LINES.replace("\n", "\r\n"), "cpu_b in ms (no unit is said)"),
        (LINES.replace("\n", "\r"), "cpu_b in ms (no unit is said)"),
        ("sep=,\n" + LINES, "cpu_b in ms (no unit is said)"),
        ("# made by me\n\n" + LINES, "cpu_b in ms (no unit is said)"),
        (LINES.replace("\n", ",,\n"), "cpu_b in ms (no unit is said)"),
        ("," + LINES.replace("\n", "\n0,").removesuffix("0,"), "cpu_b in ms (no unit is said)"),
        (LINES.replace(STEM, f'"{STEM}"').replace("block_name", '"block_name"'), "cpu_b in ms"),
        (LINES.replace("cpu_b", "latency(ms)"), "latency(ms) in ms"),
        (f"block_name,latency,flops\n{STEM},0.08,5\n{BLOCK},1.5,5\n", "latency in ms (no unit"),
        (
            LINES.replace("cpu_b", "latency_us").replace("0.08", "80").replace("1.5", "1500"),
            "in us",
        ),
        (
            LINES.replace("cpu_b", "time [s]").replace("0.08", "8e-5").replace("1.5", ".0015"),
            "in s",
        ),
        (
            LINES.replace("cpu_b", "Latency (µs)").replace("0.08", "80").replace("1.5", "1500"),
            "in µs",
        ),
        (LINES.replace("16x16", "16.0x16.0").replace("kernel:5", "kernel:5.0"), "cpu_b in ms"),
        (json.dumps(RECORDS), "cpu_b in ms (no unit is said)"),
        (json.dumps({"block_name": [STEM, BLOCK], "cpu_b": [0.08, 1.5]}), "cpu_b in ms"),
        (
            json.dumps({"block_name": {"0": STEM, "1": BLOCK}, "cpu_b": {"0": 0.08, "1": 1.5}}),
            "cpu_b in ms",
        ),
        (json.dumps({STEM: 0.08, BLOCK: 1.5}), "latency in ms (no unit is said)"),
        (json.dumps({STEM: {"mean": 0.08}, BLOCK: {"mean": "1.5"}}), "mean in ms"),
        (json.dumps({"my phone": {STEM: 0.08, BLOCK: 1.5}}), "latency in ms"),
        (f"{STEM}: 0.08\n{BLOCK}: 1.5\n", "latency in ms (no unit is said)"),
        (f"- block_name: {STEM}\n  cpu_b: 0.08\n- {{block_name: {BLOCK}, cpu_b: 1.5}}\n", "cpu_b"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_of_others(tmp_path: Path, text: str, column: str, encoding: str) -> None:
    (tmp_path / "table").write_bytes(text.encode(encoding))
    found = import_table(tmp_path / "table", tmp_path / "t.db", "Phone")
    assert column in found.column
    assert found.operations == 2
    entries = load_predictor(tmp_path / "t.db", device="Phone").entries
    assert entries[Convolution(3, 32, 3, 2, 32).key].milliseconds == pytest.approx(0.08)
    assert entries[MBConv(24, 40, 5, 2, 3, 56, False).key].milliseconds == pytest.approx(1.5)


def test_several_devices_in_one_file(tmp_path: Path) -> None:
    text = f",block_name,cpu_b,cpu_s,gpu\n0,{STEM},0.08,0.14,0.23\n"
    file = written(tmp_path, text)
    found = import_table(file, tmp_path / "t.db", "Phone", column="cpu_s")
    assert found.column == "cpu_s in ms (no unit is said)"
    (entry,) = load_predictor(tmp_path / "t.db", device="Phone").entries.values()
    assert entry.milliseconds == 0.14
    with pytest.raises(InputError, match=r"no column 'cpu_S' \(did you mean cpu_s.*choose one of"):
        import_table(file, tmp_path / "t.db", "Other", column="cpu_S")
    rows = written(tmp_path, f"device,block_name,ms\nA,{STEM},1\nB,{STEM},2\n")
    import_table(rows, tmp_path / "t.db", "B")
    (entry,) = load_predictor(tmp_path / "t.db", device="B").entries.values()
    assert entry.milliseconds == 2
    tables = written(tmp_path, json.dumps({"cpu": {STEM: 1}, "gpu": {STEM: {"mean": 3}}}))
    import_table(tables, tmp_path / "t.db", "G", column="gpu")
    (entry,) = load_predictor(tmp_path / "t.db", device="G").entries.values()
    assert entry.milliseconds == 3


def test_units_hold_for_spreads_too(tmp_path: Path) -> None:
    for name, spread in (("std", 500), ("var", 250_000)):
        file = written(tmp_path, f"block_name,mean_us,{name}_us,count\n{STEM},1500,{spread},7\n")
        import_table(file, tmp_path / "t.db", name)
        (entry,) = load_predictor(tmp_path / "t.db", device=name).entries.values()
        assert (entry.milliseconds, entry.spread_ms, entry.samples) == (1.5, 0.5, 7)


def test_once_for_alls_keys_in_columns(tmp_path: Path) -> None:
    found = import_table(written(tmp_path, f"{CSV}{OFA_BLOCK},1\n"), tmp_path / "t.db", "Note")
    assert (found.file_format, found.operations) == ("once-for-all", 1)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[2J", "\ud800", "n" * 1000])
def test_names_that_are_no_line_of_text(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, ROW)
    with pytest.raises(InputError, match=r"`device` .*: name the device"):
        import_table(file, tmp_path / "t.db", name)
    with pytest.raises(InputError, match=r"`runtime` .*: name what"):
        import_table(file, tmp_path / "t.db", "Phone", runtime=name)
    assert not (tmp_path / "t.db").exists()


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.yaml does not exist"):
        import_table(tmp_path / "nowhere.yaml", tmp_path / "t.db", "Phone")
    with pytest.raises(InputError, match="is a folder: name a published latency table in it"):
        import_table(tmp_path, tmp_path / "t.db", "Phone")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        import_table(tmp_path / "binary", tmp_path / "t.db", "Phone")
    with pytest.raises(InputError, match="`device` is empty"):
        import_table(written(tmp_path, ROW), tmp_path / "t.db", " ")


@given(st.text(alphabet="expandcov-_:input56x,24\n {}[]'\"!&*1.5"), st.sampled_from([*FORMATS]))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str, file_format: str
) -> None:
    folder = tmp_path_factory.mktemp("text")
    file = written(folder, ROW + text)
    try:
        import_table(file, folder / "t.db", "Phone", file_format=file_format)
        sentence = str(file)
    except InputError as error:
        sentence = str(error)
    assert str(file) in sentence


def cost(operation: Operation) -> float:
    return operation.macs / 1e4 + 0.1


@pytest.fixture
def measured(tmp_path: Path, micro: Space) -> Predictor:
    path = tmp_path / "measured.db"
    write_table(path, micro.operations(), cost)
    return load_predictor(path, device="Phone")


def test_yaml_of_a_measured_table_predicts_the_same(
    tmp_path: Path, measured: Predictor, micro: Space
) -> None:
    file = tmp_path / "out.yaml"
    done = export_table(measured, file, "proxylessnas")
    assert (done.entries, done.left_out) == (len(micro.operations()), ())
    again = imported(file, tmp_path)
    for choices in ([0, 0, 0, 0], [3, 1, 2, 4]):
        network = Architecture.choose(micro, choices).operations
        assert again.network(network) == pytest.approx(measured.network(network))
    assert measured.overhead == 0.5
    assert again.overhead == 0


def test_yaml_of_an_imported_table_is_the_same_table(tmp_path: Path) -> None:
    pool = "AvgPool2D-input:7x7x8-output:1x1x8"
    text = ROW + f"{pool}:\n  count: 7\n  mean: 0.125\n  var: 0.0625\n"
    first = imported(written(tmp_path, text), tmp_path)
    out = tmp_path / "out.yaml"
    export_table(first, out, "proxylessnas")
    (tmp_path / "again").mkdir()
    again = imported(out, tmp_path / "again")
    for predictor in (first, again):
        with Table.open(predictor.path) as table:
            (entry,) = predictor.entries.values()
            (foreign,) = table.entries(predictor.info.id, "foreign").values()
        assert (entry.milliseconds, entry.spread_ms, entry.samples) == (1.5, 0.5, 10)
        assert (foreign.milliseconds, foreign.spread_ms, foreign.samples) == (0.125, 0.25, 7)
    assert published_network(again, [BLOCK, pool, pool]) == 1.75
    assert sorted(out.read_text().splitlines()) == sorted(text.splitlines())


def test_yaml_of_pixel_1_round_trips(tmp_path: Path, pixel: Predictor) -> None:
    out = tmp_path / "out.yaml"
    assert export_table(pixel, out, "proxylessnas").entries == 72
    again = imported(out, tmp_path)
    assert {key: (one.milliseconds, one.samples) for key, one in again.entries.items()} == {
        key: (one.milliseconds, one.samples) for key, one in pixel.entries.items()
    }


def test_export_leaves_out_what_its_keys_cannot_say(tmp_path: Path) -> None:
    foreign = "Conv-input:192x192x3-output:96x96x24"
    other = OFA_BLOCK.replace("se:0", "se:1")
    text = "".join(f"{key}: {{mean: 1}}\n" for key in (foreign, other, OFA_BLOCK))
    pool = "AvgPool2D-input:7x7x8-output:1x1x8"
    predictor = imported(written(tmp_path, text + f"{pool}: {{mean: 1}}\n"), tmp_path)
    done = export_table(predictor, tmp_path / "out.yaml", "proxylessnas")
    relu = MBConv(32, 32, 5, 1, 3, 48, True, "relu").key
    assert (done.entries, set(done.left_out)) == (1, {foreign, other, relu})
    alone = imported(written(tmp_path, f"{OFA_BLOCK}: {{mean: 1}}\n"), tmp_path, "Other")
    with pytest.raises(InputError, match=r"no operation of .* export it with `file_format` csv"):
        export_table(alone, tmp_path / "out.yaml", "proxylessnas")


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open() as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def test_csv_has_every_entry(tmp_path: Path, measured: Predictor, micro: Space) -> None:
    out = tmp_path / "out.csv"
    done = export_table(measured, out)
    rows = rows_of(out)
    assert done.entries == len(rows) == len(micro.operations()) + 1
    for operation in micro.operations():
        row = rows[operation.key]
        assert row["label"] == operation.label
        assert float(row["raw_ms"]) == pytest.approx(cost(operation) + 0.5)
        assert (row["corrected_ms"], row["samples"]) == ("", "8")
    assert (rows["overhead"]["label"], rows["overhead"]["raw_ms"]) == ("call overhead", "0.5")


def test_calibrated_exports_are_corrected(
    tmp_path: Path, measured: Predictor, micro: Space
) -> None:
    with Table.open(measured.path) as table:
        for index, choices in enumerate(([0, 0, 0, 0], [1, 2, 3, 0], [3, 3, 3, 3], [2, 4, 1, 4])):
            network = Architecture.choose(micro, choices).active
            table.add_program(f"network {index}", "network", network)
            ms = 1.2 * measured.network(network)
            table.add_measurement(measured.info.id, measurement(f"network {index}", ms=ms))
        assert calibrate(table, measured.info) is not None
    predictor = load_predictor(measured.path, device="Phone")
    assert predictor.calibration is not None
    export_table(predictor, tmp_path / "out.csv")
    rows = rows_of(tmp_path / "out.csv")
    for key, (ms, sd) in predictor.calibration.corrections.items():
        assert float(rows[key]["corrected_ms"]) == ms != float(rows[key]["raw_ms"])
        assert float(rows[key]["standard_deviation_ms"]) == sd
    assert float(rows["overhead"]["corrected_ms"]) == predictor.overhead
    export_table(predictor, tmp_path / "out.yaml", "proxylessnas")
    again = imported(tmp_path / "out.yaml", tmp_path)
    network = Architecture.choose(micro, [3, 1, 2, 4]).operations
    assert again.network(network) == pytest.approx(predictor.network(network))


def test_csv_of_foreign_programs(tmp_path: Path) -> None:
    other = OFA_BLOCK.replace("se:0", "se:1")
    export_table(imported(written(tmp_path, f"{other}: {{mean: 3}}\n"), tmp_path), tmp_path / "o")
    assert rows_of(tmp_path / "o")[other]["label"] == "expanded_conv"


def test_exports_that_cannot_be(tmp_path: Path, measured: Predictor, micro: Space) -> None:
    with pytest.raises(InputError, match="no export format 'xml': choose csv or proxylessnas"):
        export_table(measured, tmp_path / "out", "xml")
    with pytest.raises(InputError, match="cannot be written"):
        export_table(measured, tmp_path / "nowhere" / "out.csv")
    (tmp_path / "theirs.csv").write_text("precious")
    with pytest.raises(InputError, match=r"theirs\.csv exists and is not of proxyless"):
        export_table(measured, tmp_path / "theirs.csv")
    export_table(measured, tmp_path / "theirs.csv", force=True)
    export_table(measured, tmp_path / "theirs.csv")
    write_table(tmp_path / "noisy.db", micro.operations(), lambda operation: -0.1)
    noisy = load_predictor(tmp_path / "noisy.db", device="Phone")
    with pytest.raises(InputError, match=r"adds -0.1 ms .*profile again, with more rounds"):
        export_table(noisy, tmp_path / "out.yaml", "proxylessnas")
    write_table(tmp_path / "empty.db", [], cost)
    with pytest.raises(InputError, match="has no entries to export"):
        export_table(load_predictor(tmp_path / "empty.db", device="Phone"), tmp_path / "out.csv")


def test_foreign_programs_are_not_operations(tmp_path: Path) -> None:
    pool = "AvgPool2D-input:7x7x8-output:1x1x8"
    predictor = imported(written(tmp_path, ROW + f"{pool}: {{mean: 9}}\n"), tmp_path)
    assert list(predictor.entries) == [MBConv(24, 40, 5, 2, 3, 56, False).key]
    with Table.open(predictor.path) as table:
        assert json.loads(json.dumps(table.programs(1, "foreign"))) == {pool: []}
    assert published_network(predictor, [pool, BLOCK]) == 10.5
    with pytest.raises(InputError, match="'stem' is not a published key"):
        published_network(predictor, ["stem"])


def test_published_keys_sum_over_measured_tables(measured: Predictor, micro: Space) -> None:
    network = Architecture.choose(micro, [0, 1, 2, 3]).operations
    assert published_network(measured, keys_of(network)) == pytest.approx(measured.network(network))
