"""Options made of configurations: names, choices, files, and errors that speak of options."""

import contextlib
import inspect
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from conftest import Finished
from hypothesis import given, strategies as st
from support import run_cli

import latency
from proxyless import benchmark, export
from proxyless.cli.config_options import config_options
from proxyless.cli.config_sources import ConfigSources
from proxyless.cli.sync import sync_settings
from proxyless.config import (
    BenchmarkConfig,
    CalibrationConfig,
    DeviceConfig,
    ExportConfig,
    ProfileConfig,
    Recipe,
    SearchConfig,
    SyncConfig,
    TaskConfig,
    TrainConfig,
)
from proxyless.deploy.export import FORMATS
from proxyless.distributed import Delayed
from proxyless.distributed.defaults import TRANSPORTS
from search_spaces import InputError
from search_spaces.fields import declared
from search_spaces.schema import dump

SEARCH = {one.name: one for one in config_options(SearchConfig)}


def sources_of(file: Path | None = None, **options: Any) -> ConfigSources:
    paths = {name: one.path for name, one in SEARCH.items()}
    return ConfigSources(SearchConfig, paths, options, file)


@pytest.mark.parametrize(
    ("config", "field", "known"),
    [
        (SyncConfig, "transport", ("auto", *TRANSPORTS)),
        (ExportConfig, "file_format", tuple(FORMATS)),
    ],
)
def test_choices_are_what_the_library_knows(
    config: Any, field: str, known: tuple[str, ...]
) -> None:
    (found,) = (one for one in declared(config) if one.name == field)
    assert set(found.choices) == set(known)


@pytest.mark.parametrize(
    "config",
    [SearchConfig, TrainConfig, ProfileConfig, ExportConfig, BenchmarkConfig, TaskConfig, Recipe],
)
def test_every_field_says_what_it_is(config: Any) -> None:
    for one in declared(config):
        kinds = (one.kind, *get_args(one.kind))
        assert one.meaning or any(map(is_dataclass, kinds)), one.name


@pytest.mark.parametrize(
    ("config", "function"),
    [
        (ExportConfig, export),
        (BenchmarkConfig, benchmark),
        (ProfileConfig, latency.profile),
        (CalibrationConfig, latency.profile_networks),
        (SyncConfig, Delayed),
    ],
)
def test_functions_have_the_defaults_of_their_configurations(config: Any, function: Any) -> None:
    parameters = inspect.signature(function).parameters
    shared = [one for one in declared(config) if one.name in parameters and one.meaning]
    assert shared
    for one in shared:
        default = parameters[one.name].default
        nothing = one.field.default == () and default is None
        assert default is inspect.Parameter.empty or nothing or default == one.field.default


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: TaskConfig("digits", "tiny", batch_size=1), "`batch_size` 1 is not at least 2"),
        (lambda: TaskConfig("digits", "tiny", compute="gpu"), "`compute` 'gpu' is not auto, cpu"),
        (lambda: TaskConfig("digits", "tiny", seed=2**32), "`seed` 4294967296 is not below"),
        (lambda: Recipe(learning_rate=float("nan")), "`learning_rate` nan is not above 0"),
        (lambda: DeviceConfig(target_ms=float("nan")), "`target_ms` nan is not above 0"),
        (lambda: DeviceConfig(target_ms=1, max_ms=1), "`target_ms` and `max_ms`"),
    ],
)
def test_the_library_speaks_of_fields(make: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("search", "--target-ms", 1, "--batch-size", 1), "--batch-size 1 is not at least 2"),
        (("search", "--target-ms", "nan"), "--target-ms nan is no number"),
        (("search", "--target-ms", 1, "--interval", 0), "--interval 0 is not at least 1"),
        (("search", "--max-params", "many"), "--max-params 'many' is no quantity: give 250000"),
        (("search",), "a search needs a budget: give one of --target-ms, --max-ms, --max-params"),
        (("search", "--target-ms", 1, "--delay", 2), "--delay is for workers that share"),
        (("profile", "--runtime", "onnx"), "--runtime 'onnx' is not onnxruntime, litert"),
        (("profile", "--remote-python", "python4"), "--remote-python belongs to a device at ssh"),
        (("benchmark", "x.onnx", "--rounds", 0), "--rounds 0 is not at least 1"),
        (("plan", "--step-ms", 0, "--round-trip-ms", 1, "--bandwidth-mbps", 1,
          "--gradient-bytes", 1), "--step-ms 0 is not at least 1e-06"),
    ],
)  # fmt: skip
def test_the_command_line_speaks_of_options(
    arguments: tuple[object, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run_cli(*arguments)
    assert outcome.status == 2
    assert outcome.stderr.startswith(f"error: {sentence}")
    assert outcome.stderr.count("\n") == 1


def test_options_override_the_file_and_the_file_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    file.write_text(
        'space = "cifar"\nepochs = 7\nmax_params = "400k"\n[recipe]\nmomentum = 0.8\n'
        "[[devices]]\ntarget_ms = 2.5\n"
    )
    config: SearchConfig = sources_of(file, epochs=9, seed=3).resolve()
    assert config.epochs == 9
    assert config.max_params == 400e3
    assert config.task == TaskConfig(space="cifar", seed=3)
    assert config.recipe == Recipe(learning_rate=0.025, momentum=0.8)
    assert config.devices == (DeviceConfig(target_ms=2.5),)
    assert config.warmup_epochs == 40


def test_the_config_of_a_run_gives_the_same_search(tmp_path: Path) -> None:
    config = SearchConfig(
        TaskConfig("digits", "tiny", batch_size=32),
        (DeviceConfig("a.db", target_ms=1.0), DeviceConfig("b.db", max_ms=2.0, runtime="litert")),
        max_macs=1e6,
        recipe=Recipe(0.1, 0.5),
    )
    file = tmp_path / "config.json"
    file.write_text(json.dumps(dump(config)))
    assert sources_of(file).resolve() == config
    both: SearchConfig = sources_of(file, dtype=["int8"]).resolve()
    assert [one.dtype for one in both.devices] == ["int8", "int8"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("epoch = 3", "{file} sets epoch, which there is not: did you mean epochs?"),
        ("epochs = 0\ntarget_ms = 1", "{file}: epochs 0 is not at least 1"),
        ('epochs = "many"\ntarget_ms = 1', "{file}: epochs: 'many' is wrong: "),
        ("[task]\nbatchsize = 3", "{file}: task: unknown field 'batchsize'"),
        ("epochs = ", "configuration {file} is not valid TOML: "),
    ],
)
def test_a_wrong_file_is_refused_by_name(content: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    file.write_text(content)
    with pytest.raises(InputError) as raised:
        sources_of(file).resolve()
    assert str(raised.value).startswith(sentence.format(file=file))


def test_the_config_of_a_finished_run_is_read_as_it_was(finished: Finished) -> None:
    """The run went through the command line: what it kept says the same again."""
    file = finished.path / "search" / "config.json"
    config: SearchConfig = sources_of(file).resolve()
    assert dump(config) == json.loads(file.read_text())


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"configuration .*none\.toml does not exist"):
        sources_of(tmp_path / "none.toml").resolve()


def test_devices_are_given_once_for_all_or_once_each() -> None:
    config: SearchConfig = sources_of(
        table=["a.db", "b.db"], target_ms=[1.0], threads=[1, 4]
    ).resolve()
    assert config.devices == (
        DeviceConfig("a.db", target_ms=1.0, threads=1),
        DeviceConfig("b.db", target_ms=1.0, threads=4),
    )
    with pytest.raises(InputError, match="`threads` was given 2 times and `table` 3 times"):
        sources_of(table=["a", "b", "c"], target_ms=[1.0], threads=[1, 4]).resolve()


@given(st.data())
def test_every_option_reaches_its_field(data: st.DataObject) -> None:
    """Whatever is given by options arrives where the path says, and nothing else changes."""
    values: dict[str, st.SearchStrategy[Any]] = {
        "seed": st.integers(0, 2**32 - 1),
        "epochs": st.integers(2, 10**6),
        "learning_rate": st.floats(1e-6, 1e3),
        "momentum": st.floats(0, 0.99),
        "batch_size": st.integers(2, 10**5),
        "flip": st.booleans(),
        "method": st.sampled_from(SEARCH["method"].field.choices),
        "data": st.text(min_size=1),
    }
    chosen = data.draw(st.sets(st.sampled_from(sorted(values)), min_size=1))
    options: dict[str, Any] = {name: data.draw(values[name]) for name in chosen}
    plain = dump(sources_of(**options, target_ms=[1.0]).resolve())
    expected = dump(sources_of(target_ms=[1.0]).resolve())
    for name, value in options.items():
        *parents, last = SEARCH[name].path
        place = expected
        for parent in parents:
            place = place[parent]
        place[last] = value
    assert plain == expected


def test_options_of_a_release_ago_still_work_with_a_warning(tmp_path: Path) -> None:
    outcome = run_cli("profile", "--device", "pi@board", "--table", tmp_path / "x.db")
    assert "--device is called --host now" in outcome.stderr
    assert "device 'pi@board' is no address" in outcome.stderr


def test_names_of_fields_are_words() -> None:
    assert all(one.name.isidentifier() for one in fields(SearchConfig))


PLAIN_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


@given(
    st.sampled_from([SearchConfig, TrainConfig, ProfileConfig, ExportConfig, BenchmarkConfig]),
    st.data(),
)
def test_a_file_of_anything_is_read_or_refused_in_a_sentence(
    tmp_path: Path, config: Any, data: st.DataObject
) -> None:
    """Whatever a file holds where, no exception but ours comes of it."""
    options = {one.name: one for one in config_options(config)}
    names = [*options, *(one.name for one in declared(config)), "nothing"]
    content = data.draw(st.dictionaries(st.sampled_from(names), PLAIN_VALUES, max_size=3))
    file = tmp_path / "config.json"
    file.write_text(json.dumps(content))
    sources = ConfigSources(config, {name: one.path for name, one in options.items()}, {}, file)
    with contextlib.suppress(InputError):
        sync_settings(None, sources)
        sources.resolve()


@given(st.sampled_from(sorted(SEARCH)))
def test_a_file_takes_every_option_by_its_name(tmp_path: Path, name: str) -> None:
    usual: Any = 0.5 if SEARCH[name].field.kind is float else 7
    if SEARCH[name].field.choices:
        usual = SEARCH[name].field.choices[-1]
    value = SOME.get(name, usual)
    file = tmp_path / "config.json"
    for spelled in (name, name.replace("_", "-")):
        file.write_text(json.dumps({"max_macs": 1e6, spelled: value}))
        plain = dump(sources_of(file).resolve(over={"sync": None}))
        place = {**plain, "devices": plain["devices"][0]}
        for part in SEARCH[name].path:
            place = place[part] if part != "sync" else {SEARCH[name].path[-1]: value}
            if not isinstance(place, dict):
                break
        assert place == value


SOME = {
    "data": "digits", "space": "cifar", "table": "a.db", "runtime": "litert", "device": "x",
    "interface": "eth0", "flip": True, "width": 0.5, "target_ms": 1.5, "max_ms": 2.5,
    "momentum": 0.5, "compute": "cpu",
    "validation_share": 0.5, "label_smoothing": 0.5, "kept": 0.5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('devices = "x"', "{file} sets devices to 'x', which is no table: write [[devices]]"),
        ("devices = [1]\nthreads = 2", "{file} sets devices to [1], which is no table"),
        ("task = 3", "{file} sets task to 3, which is no table: write [task]"),
        ('sync = "now"', "{file} sets sync to 'now', which is not none or delayed"),
        ("[task]\nbatch_size = 3\n", "a search needs a budget"),
        ('max_macs = "many"', "{file}: max_macs 'many' is no quantity: give"),
        ("batch_size = 3\n[task]\nbatch_size = 4", "{file} sets batch_size twice: at its top, and"),
        ("threads = 3\n[[devices]]\nthreads = 4", "{file} sets threads twice: at its top, and"),
    ],
)
def test_what_a_file_says_wrongly_is_named(content: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    file.write_text(content)
    sources = sources_of(file)
    with pytest.raises(InputError) as raised:
        sources.resolve(over=sync_settings(None, sources))
    assert str(raised.value).startswith(sentence.format(file=file))


def test_an_aim_of_the_command_line_puts_the_files_aside(tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    file.write_text("max_ms = 3\n")
    config: SearchConfig = sources_of(file, target_ms=[2.0]).resolve()
    assert config.devices == (DeviceConfig(target_ms=2.0),)
    file.write_text("[[devices]]\nmax_ms = 3\n[[devices]]\nmax_ms = 4\n")
    both: SearchConfig = sources_of(file, target_ms=[2.0]).resolve()
    assert both.devices == (DeviceConfig(target_ms=2.0), DeviceConfig(target_ms=2.0))


def test_a_list_at_the_top_is_once_a_device(tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    file.write_text('target_ms = [1, 2]\ntable = ["a.db", "b.db"]\nthreads = 2\n')
    config: SearchConfig = sources_of(file).resolve()
    assert [one.target_ms for one in config.devices] == [1, 2]
    assert [one.threads for one in config.devices] == [2, 2]


def test_what_only_the_command_line_says_is_said(tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    file.write_text('out = "runs/x"\nmax_macs = 3e6\n')
    outcome = run_cli("search", "--config", file)
    assert outcome.stderr == f"error: {file} sets out, which only the command line does: --out\n"


def test_the_space_of_a_profile_is_given_by_its_option(tmp_path: Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text('space = "cifar"\nhost = "ssh://board"\nthreads = 2\n', encoding="utf-8")
    options = {one.name: one.path for one in config_options(ProfileConfig)}
    config: ProfileConfig = ConfigSources(ProfileConfig, options, {}, file).resolve()
    assert (config.space.space, config.host.host) == ("cifar", "ssh://board")
    assert config.settings.threads == 2


def test_a_word_stands_for_a_list_of_one(tmp_path: Path) -> None:
    file = tmp_path / "benchmark.toml"
    file.write_text('runtime = "litert"\n')
    options = config_options(BenchmarkConfig)
    paths = {one.name: one.path for one in options}
    assert ConfigSources(BenchmarkConfig, paths, {}, file).resolve().runtimes == ("litert",)
