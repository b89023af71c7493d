import json
import random
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings as settings_of, strategies as st
from made_up_run import write_run

from proxyless.deploy.benchmark.row import BENCHMARK, load_benchmark
from proxyless.runs.found_network import FoundNetwork
from proxyless.runs.results import (
    SEARCH_RESULT,
    TRAINING_RESULT,
    DeviceEpoch,
    SearchEpoch,
    SharedSearchEpoch,
    VersionedFile,
    read_epochs,
    read_search_result,
    write_epochs,
    write_search_results,
)
from search_spaces import Architecture, InputError, load_space

FILES: dict[str, VersionedFile[Any]] = {
    "search/result.json": SEARCH_RESULT,
    "train/result.json": TRAINING_RESULT,
    "benchmark.json": BENCHMARK,
}
EVERY_FILE = pytest.mark.parametrize("name", FILES)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as releases left it whose files did not say their version."""
    folder = tmp_path_factory.mktemp("runs") / "early"
    write_run(folder, load_space("tiny"), random.Random(0))
    return folder


def kind_of(name: str) -> VersionedFile[Any]:
    return FILES[name]


@EVERY_FILE
def test_what_is_written_is_read(early: Path, tmp_path: Path, name: str) -> None:
    record = kind_of(name).read(early / name)
    kind_of(name).write(record, tmp_path / "file.json")
    assert kind_of(name).read(tmp_path / "file.json") == record


@EVERY_FILE
def test_a_file_says_what_it_is(early: Path, tmp_path: Path, name: str) -> None:
    kind_of(name).write(kind_of(name).read(early / name), tmp_path / "file.json")
    content = json.loads((tmp_path / "file.json").read_text())
    assert (content["format"], content["version"]) == (
        kind_of(name).format,
        kind_of(name).version,
    )
    assert content["format"].startswith("proxyless.")


@EVERY_FILE
@pytest.mark.parametrize("version", [0, 4, "2", True, None, 2.5, 2.0, float("nan")])
def test_an_unknown_version_is_refused(early: Path, name: str, version: object) -> None:
    kind, data = kind_of(name), json.loads((early / name).read_text())
    with pytest.raises(InputError) as caught:
        kind.from_data({**data, "format": kind.format, "version": version}, "there")
    sentence = str(caught.value)
    assert sentence.startswith(f"there has version {version!r}, but this release reads versions 1")
    assert "\n" not in sentence
    assert kind.mend in sentence


@EVERY_FILE
def test_another_file_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"^there is no .*, but a proxyless\.postcard file"):
        kind_of(name).from_data({"format": "proxyless.postcard"}, "there")
    with pytest.raises(InputError, match="holds no JSON object"):
        kind_of(name).from_data([1], "there")


@EVERY_FILE
@given(data=st.data())
@settings_of(deadline=None, max_examples=60)
def test_anything_in_a_field_is_a_record_or_a_sentence(
    early: Path, name: str, data: st.DataObject
) -> None:
    content = json.loads((early / name).read_text())
    field = data.draw(st.sampled_from(sorted(content)))
    content[field] = data.draw(ANYTHING)
    sentence = ""
    try:
        kind_of(name).from_data(content, "there")
    except InputError as error:
        sentence = str(error)
    assert sentence == "" or re.fullmatch(r"there.*", sentence)


@EVERY_FILE
def test_a_missing_field_is_named(early: Path, name: str) -> None:
    content = json.loads((early / name).read_text())
    first = next(iter(content))
    del content[first]
    with pytest.raises(
        InputError,
        match=rf"field '{first}' is missing: it is damaged, or of another release; `?\w+",
    ):
        kind_of(name).from_data(content, "there")


def test_upgrades_are_made_one_after_the_other() -> None:
    kind = VersionedFile(
        dict[str, int],
        "proxyless.number",
        3,
        "number",
        "count again",
        {1: lambda data: {"value": data["n"]}, 2: lambda data: {"value": data["value"] + 1}},
    )
    assert kind.from_data({"n": 4}, "there") == {"value": 5}
    assert kind.from_data({"format": kind.format, "version": 2, "value": 4}, "") == {"value": 5}
    assert kind.from_data({"format": kind.format, "version": 3, "value": 4}, "") == {"value": 4}


def test_no_benchmark_is_no_row(tmp_path: Path) -> None:
    assert load_benchmark(tmp_path) == []


def test_several_devices_share_a_file(early: Path, tmp_path: Path) -> None:
    result, path = SEARCH_RESULT.read(early / "search/result.json"), tmp_path / "result.json"
    write_search_results([result], path)
    assert SEARCH_RESULT.read(path) == result
    write_search_results([result, replace(result, macs=1)], path)
    content = json.loads(path.read_text())
    devices = content.pop("devices")
    assert [SEARCH_RESULT.from_data({**content, **device}, "") for device in devices] == [
        result,
        replace(result, macs=1),
    ]


def test_no_search_has_no_result(tmp_path: Path) -> None:
    assert read_search_result(tmp_path / "search") is None


def test_results_are_still_dictionaries_with_a_warning(early: Path) -> None:
    result = TRAINING_RESULT.read(early / "train/result.json")
    with pytest.warns(DeprecationWarning, match=r"write \.test_accuracy instead"):
        assert result["test_accuracy"] == result.test_accuracy
    with pytest.raises(KeyError, match="no_such"):
        result["no_such"]
    with pytest.warns(DeprecationWarning, match="results are dataclasses"):
        assert dict(result) == asdict(result)
    with pytest.warns(DeprecationWarning, match="results are dataclasses"):
        assert {**result, "run": "a"} == {**asdict(result), "run": "a"}
    with pytest.warns(DeprecationWarning, match="results are dataclasses"):
        assert result.get("macs") == result.macs
    assert "macs" in result
    assert "mac" not in result
    assert result == replace(result)
    assert result != replace(result, macs=1)


def test_a_summary_is_still_what_it_was(early: Path) -> None:
    result = SEARCH_RESULT.read(early / "search/result.json")
    network = FoundNetwork(Architecture.load(early / "architecture.json"), result)
    with pytest.warns(DeprecationWarning, match=r"summary is called FoundNetwork\.result") as said:
        summary = network.summary
    assert summary is result
    assert [warning.filename for warning in said] == [__file__]
    with pytest.warns(DeprecationWarning, match="results are dataclasses"):
        assert summary["predicted_ms"] == result.predicted_ms
    with pytest.warns(DeprecationWarning, match="results are dataclasses"):
        assert summary["skips"]["count"] == 1
    with pytest.warns(DeprecationWarning, match="results are dataclasses"):
        assert summary["budgets"][0]["option"] == "--target-ms"


def test_a_result_of_release_0_1_is_read_as_far_as_it_says() -> None:
    run = Path(__file__).parents[2] / "kept" / "0.1" / "runs" / "a"
    result = read_search_result(run / "search")
    assert result is not None
    assert result.predicted_ms == 0.008714
    assert (result.skips, result.relative_error, result.supernet_accuracy) == (None, None, None)
    assert TRAINING_RESULT.read(run / "train" / "result.json").epochs == 2


def test_epochs_are_read_as_they_were_written(early: Path, tmp_path: Path) -> None:
    epochs = read_epochs(SearchEpoch, early / "search/log.jsonl")
    write_epochs(epochs, tmp_path / "log.jsonl")
    assert read_epochs(SearchEpoch, tmp_path / "log.jsonl") == epochs


def test_a_line_of_several_devices_is_a_line_of_each(tmp_path: Path) -> None:
    devices = [
        DeviceEpoch(
            entropy=0.5,
            confidence=0.6,
            skip_probability=0.1,
            expected_ms=float(ms),
            multipliers={"target_ms": 0.5},
            probabilities=[[0.25, 0.75]],
        )
        for ms in (1, 2)
    ]
    shared = SharedSearchEpoch(
        epoch=3,
        phase="search",
        loss=1.0,
        accuracy=0.5,
        validation_loss=None,
        validation_accuracy=None,
        devices=devices,
        seconds=2.0,
    )
    write_epochs([shared], tmp_path / "log.jsonl")
    (read,) = read_epochs(SharedSearchEpoch, tmp_path / "log.jsonl")
    assert read == shared
    assert [read.of_device(number).expected_ms for number in (0, 1)] == [1.0, 2.0]
    assert read.of_device(1).epoch == 3


def test_a_fault_in_a_log_names_its_line(early: Path, tmp_path: Path) -> None:
    lines = (early / "search/log.jsonl").read_text().splitlines()
    log = tmp_path / "log.jsonl"
    for wrong, reason in (("{", "is not valid JSON"), ("{}", "is missing"), ("3", "log.jsonl")):
        log.write_text("\n".join([lines[0], wrong]))
        with pytest.raises(InputError, match=rf"log\.jsonl, line 2.*{reason}|line 2: .*"):
            read_epochs(SearchEpoch, log)
    log.write_text("")
    with pytest.raises(InputError, match="is empty"):
        read_epochs(SearchEpoch, log)
    log.unlink()
    with pytest.raises(InputError, match="does not exist"):
        read_epochs(SearchEpoch, log)
