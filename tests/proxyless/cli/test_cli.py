import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Finished
from support import MICRO, Outcome, rename_device, run_cli, write_images

from search_spaces import Space

VERBS = ["profile", "search", "train", "export", "export tflite", "benchmark", "report"]


def assert_one_sentence(outcome: Outcome, *words: str) -> None:
    """Status 2, and one line on standard error that has the words in it."""
    assert outcome.status == 2, outcome
    assert outcome.stdout == ""
    lines = outcome.stderr.splitlines()
    assert len(lines) == 1, outcome.stderr
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]


@pytest.fixture
def options(
    tmp_path: Path, images: Path, micro_file: Path, micro_table: Path, micro_target: float
) -> dict[str, object]:
    """A search that would work."""
    return {
        "--target-ms": micro_target, "--data": images, "--space": micro_file,
        "--table": micro_table, "--out": tmp_path / "run", "--compute": "cpu",
    }  # fmt: skip


def refused(options: dict[str, object], **changes: object) -> Outcome:
    changed = {**options, **{f"--{name.replace('_', '-')}": v for name, v in changes.items()}}
    outcome = run_cli("search", *(word for pair in changed.items() for word in pair))
    assert not Path(str(changed["--out"])).joinpath("search", "checkpoint.pt").exists()
    return outcome


@pytest.mark.parametrize("verb", VERBS)
def test_json_alone_is_printed_on_standard_output(finished: Finished, verb: str) -> None:
    assert finished.outputs[verb].status == 0, finished.outputs[verb].stderr
    assert finished.json(verb)


def test_json_of_profile(finished: Finished, micro: Space) -> None:
    found = finished.json("profile")
    assert isinstance(found, dict)
    assert found["operations"] == len(micro.operations())
    assert 0 < found["fastest_ms"] < finished.target_ms < found["slowest_ms"]


def test_json_of_spaces(micro_file: Path) -> None:
    listed = json.loads(run_cli("spaces", "--json").stdout)
    assert [row["space"] for row in listed] == ["cifar", "imagenet", "tiny"]
    shown = json.loads(run_cli("spaces", micro_file, "--json").stdout)
    assert (shown["blocks"][0]["candidates"], len(shown["blocks"])) == (
        "MB1_3x3 MB1_5x5 MB2_3x3 MB2_5x5",
        4,
    )


def test_json_of_tables(micro_table: Path, micro: Space) -> None:
    (row,) = json.loads(run_cli("tables", "list", micro_table, "--json").stdout)
    assert row["operations"] == len(micro.operations())
    shown = json.loads(run_cli("tables", "show", micro_table, "--json").stdout)
    assert {entry["operation"] for entry in shown["entries"]} == {o.key for o in micro.operations()}


@pytest.mark.parametrize("arguments", [("spaces",), ("spaces", "tiny")])
def test_people_get_a_table(arguments: tuple[str, ...]) -> None:
    outcome = run_cli(*arguments)
    assert outcome.status == 0
    assert "tiny" in outcome.stdout
    assert outcome.stderr == ""


def test_summary_names_the_next_command(finished: Finished, tmp_path: Path) -> None:
    run = shutil.copytree(finished.path, tmp_path / "run")
    outcome = run_cli("export", run, "--output", run / "again.onnx")
    assert outcome.status == 0
    assert "proxyless benchmark" in " ".join(outcome.stdout.split())


@pytest.mark.parametrize("phase", ["search", "train"])
def test_tensorboard_files_are_written(finished: Finished, phase: str) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is an optional dependency")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (file,) = (finished.path / phase / "tensorboard").glob("events.out.tfevents.*")
    events = EventAccumulator(str(file)).Reload()
    assert {"loss", "accuracy", "seconds"} <= set(events.Tags()["scalars"])
    log = finished.path / phase / "log.jsonl"
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert [step for step, _ in found] == [record["epoch"] for record in logged]
    assert [value for _, value in found] == pytest.approx([record["loss"] for record in logged])


def test_negative_target(options: dict[str, object]) -> None:
    assert_one_sentence(refused(options, target_ms=-3), "--target-ms -3 is not above 0")


@pytest.mark.parametrize("target_ms", [1e-6, 1e6])
def test_unreachable_target(options: dict[str, object], target_ms: float) -> None:
    outcome = refused(options, target_ms=target_ms)
    assert_one_sentence(outcome, "the space can reach", "its networks take", "ms")


def test_unknown_space_field(options: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MICRO.replace("stride = 2", "stried = 2"))
    assert_one_sentence(refused(options, space=path), "stage 2", "unknown field 'stried'")


def test_unknown_space(options: dict[str, object]) -> None:
    assert_one_sentence(refused(options, space="mobile"), "there is no space mobile")


def test_missing_table(options: dict[str, object], tmp_path: Path) -> None:
    outcome = refused(options, table=tmp_path / "absent.db")
    assert_one_sentence(outcome, "absent.db does not exist", "proxyless profile")


def test_truncated_table(options: dict[str, object], tmp_path: Path, micro_table: Path) -> None:
    path = tmp_path / "cut.db"
    path.write_bytes(micro_table.read_bytes()[:6000])
    assert_one_sentence(refused(options, table=path), f"table {path} is damaged")


def test_table_of_another_space(options: dict[str, object]) -> None:
    outcome = refused(options, space="tiny")
    assert_one_sentence(outcome, "has no entry for", "proxyless profile")


def test_folder_of_one_class(options: dict[str, object], tmp_path: Path) -> None:
    folder = write_images(tmp_path / "one", (5,))
    assert_one_sentence(refused(options, data=folder), str(folder), "class")


def test_folder_that_is_not_there(options: dict[str, object], tmp_path: Path) -> None:
    assert_one_sentence(refused(options, data=tmp_path / "absent"), "absent does not exist")


def test_unknown_method(options: dict[str, object]) -> None:
    assert_one_sentence(refused(options, method="magic"), "--method 'magic' is not gradient")


def test_share_that_leaves_nothing_to_train_on(options: dict[str, object]) -> None:
    assert_one_sentence(refused(options, validation_share=0.99), "--validation-share 0.99")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("spaces", "nowhere.toml"), "there is no space nowhere.toml"),
        (("tables", "list", "nowhere.db"), "nowhere.db does not exist"),
        (("train", "nowhere"), "run directory nowhere does not exist"),
        (("export", "nowhere"), "run directory nowhere does not exist"),
        (("benchmark", "nowhere.onnx"), "nowhere.onnx does not exist"),
        (("report", "nowhere"), "run directory nowhere does not exist"),
        (
            ("profile", "--runtime", "tensorrt", "--table", "nowhere.db"),
            "--runtime 'tensorrt' is not onnxruntime",
        ),
        (("profile", "--threads", "0", "--table", "nowhere.db"), "threads 0 is not at least 1"),
        (("profile", "--rounds", "0", "--table", "nowhere.db"), "rounds 0 is not at least 1"),
        (("profile", "--width", "-1", "--table", "nowhere.db"), "--width -1 is not above 0"),
    ],
)
def test_other_bad_input(arguments: tuple[str, ...], words: str) -> None:
    assert_one_sentence(run_cli(*arguments), words)
    assert not Path("nowhere.db").exists()


def test_run_directory_that_is_a_file(options: dict[str, object], micro_file: Path) -> None:
    assert_one_sentence(refused(options, out=micro_file), f"cannot be made: {micro_file} is a file")


def test_least_and_most_are_written_alike(options: dict[str, object]) -> None:
    words = r"its networks take [\d,.]+ to [\d,.]+ parameters$"
    assert re.search(words, refused(options, max_params=10).stderr.strip())


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: Finished) -> Path:
    """A folder with a finished run, one whose search was killed, and a table."""
    shutil.copytree(finished.path, tmp_path / "runs" / "grey")
    (tmp_path / "runs" / "killed" / "search").mkdir(parents=True)
    shutil.copy(finished.path / "search" / "config.json", tmp_path / "runs" / "killed" / "search")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("verb", [("train",), ("export",), ("report",), ("zoo", "add")])
@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("gray", "run directory gray does not exist (did you mean runs/grey/?)"),
        ("runs/gray", "run directory runs/gray does not exist (did you mean runs/grey/?)"),
        ("rums/grey", "run directory rums/grey does not exist (did you mean runs/grey/?)"),
        ("none", "run directory none does not exist: `proxyless search --target-ms MS --out none`"),
        ("runs", "so it is no run directory (did you mean runs/grey/ or runs/killed/?)"),
        ("empty", "empty holds no architecture.json, search or training, so it is no run dir"),
        ("runs/grey/model.onnx", "runs/grey/model.onnx is a file: name the run directory"),
    ],
)
def test_every_verb_says_that_a_run_is_not_there(
    verb: tuple[str, ...], run: str, words: str
) -> None:
    arguments = (*verb, run) if verb != ("zoo", "add") else (*verb, run, "name", "--zoo", "models")
    assert_one_sentence(run_cli(*arguments), words)


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "runs/killed"), "its search has not finished; give the same `proxyless search`"),
        (("export", "runs/killed"), "its search has not finished; give the same `proxyless sear"),
        (("benchmark", "runs/grey"), "runs/grey is a folder (did you mean runs/grey/"),
        (("benchmark", "runs/grey/modle.onnx"), "(did you mean runs/grey/model.onnx"),
        (("export", "runs/grey", "--output", "net.tflite"), "net.tflite is no name for onnx"),
        (("report", "runs/grey", "--figures", "runs/grey/model.onnx"), "model.onnx is a file"),
        (("demo", "--out", "runs/grey/model.onnx"), "model.onnx is a file: choose a folder with"),
        (("zoo", "show", "proxyles_mobile"), "(did you mean proxyless_mobile"),
        (("zoo", "list", "--zoo", "run"), "there is no folder run (did you mean runs/?)"),
        (("zoo", "list", "--zoo", "runs"), "runs/grey has no card.json, so it is no model of a"),
        (("spaces", "tinny"), "there is no space tinny (did you mean tiny?)"),
    ],
)
def test_what_was_meant_is_said(arguments: tuple[str, ...], words: str) -> None:
    assert_one_sentence(run_cli(*arguments), words)


def test_a_search_for_another_device_names_it(
    options: dict[str, object], tmp_path: Path, micro_table: Path
) -> None:
    path = Path(shutil.copy(micro_table, tmp_path / "phone.db"))
    rename_device(path, "Phone")
    assert_one_sentence(refused(options, table=path), "was measured on Phone", "--device")


def test_entry_point_exits_with_status_2_and_no_traceback() -> None:
    """The one check that needs a process of its own: what the shell sees."""
    command = [sys.executable, "-m", "proxyless", "search", "--target-ms", "-3"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert_one_sentence(Outcome(found.returncode, found.stdout, found.stderr), "--target-ms -3")


def test_demo_never_deletes_what_it_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert_one_sentence(run_cli("demo", "--out", tmp_path), str(tmp_path))
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
