"""Runtimes that an installed package of somebody else's brings, through its entry points."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from support import write_table

from latency import Protocol, available_runtimes, get_host, get_runtime, load_predictor, profile
from latency.hosts import LocalHost
from latency.runtimes import RUNTIMES, Program
from latency.timing.measurement import MeasurementPlan
from latency.timing.settings import Settings
from proxyless import benchmark
from search_spaces import InputError, Space
from search_spaces.registry import Registry

BRIEF = Protocol(processes=1, rounds=1, calibration_networks=0, extra=0)
RUNTIME = """
from latency.runtimes import FileRuntime
from search_spaces import InputError

from .engine import open_model


class CountingRuntime(FileRuntime):
    name = "counting"
    package = "numpy"
    suffix = ".count"
    version = "7"

    def lower(self, operations, batch):
        return str(sum(operation.macs for operation in operations)).encode()

    def quantise(self, model, images):
        raise InputError("runtime counting has no int8: use `dtype` float32")

    def open(self, model, threads, batch):
        return open_model(model, threads, batch)


class TravellingRuntime(CountingRuntime):
    name = "travelling"
    suffix = ".travel"
    remote_engine = "counting.engine:open_model"


class Unfinished(FileRuntime):
    name = "unfinished"
    package = "numpy"
    suffix = ".none"
    version = "7"


class Renamed(CountingRuntime):
    name = "counting"


class Nameless(FileRuntime):
    suffix = ".count"
    version = "7"
    lower = quantise = open = None


class Anywhere(Nameless):
    name = "anywhere"
    package = "numpy"
    suffix = None


class Unmade(CountingRuntime):
    name = "unmade"

    def __init__(self):
        raise OSError("no library")


class Driverless(CountingRuntime):
    name = "driverless"

    @property
    def version(self):
        raise RuntimeError("driver not found")

    @property
    def device(self):
        raise OSError("no device")
"""
ENGINE = """
import sys

from latency.timing.engines import random_images


def open_model(model, threads, batch):
    images = random_images((batch, int(model) % 8 + 1))
    seconds = 1.0 if "counting.runtime" in sys.modules else 2.0

    def call():
        images.sum()
        return seconds

    return call
"""
BROKEN = {
    "unfinished", "renamed", "absent", "nameless", "anywhere", "unmade", "driverless", "leaving",
    "garbled",
}  # fmt: skip
ENTRY_POINTS = """[proxyless.runtimes]
counting = counting.runtime:CountingRuntime
travelling = counting.runtime:TravellingRuntime
unfinished = counting.runtime:Unfinished
renamed = counting.runtime:Renamed
absent = counting.nowhere:Runtime
nameless = counting.runtime:Nameless
anywhere = counting.runtime:Anywhere
unmade = counting.runtime:Unmade
driverless = counting.runtime:Driverless
leaving = counting.leaving:Runtime
garbled = not a : path!
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package for this process and those it starts."""
    site = tmp_path / "site-packages"
    package, metadata = site / "counting", site / "counting-7.dist-info"
    package.mkdir(parents=True)
    metadata.mkdir()
    (package / "__init__.py").touch()
    (package / "runtime.py").write_text(RUNTIME)
    (package / "engine.py").write_text(ENGINE)
    (package / "leaving.py").write_text("raise SystemExit('bye')")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: counting\nVersion: 7\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    for module in ("counting", "counting.runtime", "counting.engine"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    offered = Registry(RUNTIMES.kind, RUNTIMES.group, {})._offered
    monkeypatch.setitem(vars(RUNTIMES), "_offered", offered)
    monkeypatch.setattr(RUNTIMES, "_said", set())


@pytest.mark.usefixtures("real_workers")
@pytest.mark.parametrize(("name", "milliseconds"), [("counting", 1000.0), ("travelling", 2000.0)])
def test_a_space_is_profiled_with_it(
    tmp_path: Path, micro: Space, name: str, milliseconds: float
) -> None:
    """Files are opened where the runtime is imported, or by the engine alone if it can travel."""
    table = tmp_path / "table.db"
    info = profile(micro, table, name, protocol=BRIEF)
    assert (info.runtime, info.version) == (name, "7")
    entries = load_predictor(table, name, raw=True).entries
    assert entries.keys() == {operation.key for operation in micro.operations()}
    assert {entry.milliseconds for entry in entries.values()} == {milliseconds}


@pytest.mark.usefixtures("real_workers")
def test_its_files_are_benchmarked(tmp_path: Path) -> None:
    file = tmp_path / "model.count"
    file.write_text("12")
    (row,) = benchmark([file], rounds=1)
    assert (row.times.runtime, row.times.version, row.times.best_ms) == ("counting", "7", 1000.0)
    assert (row.times.settings, row.file_bytes, row.peak_memory_bytes) == (Settings(), 2, None)


def test_accuracy_of_its_files_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.count"
    file.write_text("12")
    with pytest.raises(InputError, match=r"model\.count is of no use: .*of \.onnx and \.tflite"):
        benchmark([file], rounds=1, data="digits")


@pytest.mark.usefixtures("real_workers")
def test_an_engine_that_refuses_a_file_has_the_last_word(tmp_path: Path) -> None:
    file = tmp_path / "model.count"
    file.write_text("twelve")
    program = Program(str(file), file=str(file))
    plan = MeasurementPlan(0, frozenset({(0, program.key)}))
    with pytest.raises(
        InputError, match=r"counting failed while measuring: cannot open .*'twelve'"
    ):
        list(LocalHost().measure("counting", [program], Settings(), plan))


def test_boards_are_refused_unless_an_engine_can_be_sent() -> None:
    with pytest.raises(
        InputError, match=r"counting cannot be profiled over SSH: choose one of onnx.*, travelling,"
    ):
        get_host("ssh://board").version("counting")


def test_it_is_one_of_the_choices() -> None:
    assert {"counting", "travelling"} <= available_runtimes().keys()
    assert not BROKEN & available_runtimes().keys()


@pytest.mark.usefixtures("real_workers")
def test_the_others_go_on_beside_a_broken_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each broken one is named by one warning, however often runtimes are asked for."""
    file = tmp_path / "model.count"
    file.write_text("12")
    with caplog.at_level(logging.WARNING, "proxyless.plugins"):
        (row,) = benchmark([file], rounds=1)
        for _ in range(2):
            available_runtimes()
    assert row.times.runtime == "counting"
    warnings = [record.message for record in caplog.records]
    assert len(warnings) == len(BROKEN)
    for name in BROKEN:
        assert sum(f"left out: runtime {name!r} of counting 7" in one for one in warnings) == 1


def test_a_version_that_cannot_be_told_is_refused_where_it_is_asked_for() -> None:
    sentence = r"'driverless' of counting 7 has no version \(RuntimeError: driver not found\): mend"
    with pytest.raises(InputError, match=sentence):
        LocalHost().version("driverless")
    with pytest.raises(InputError, match=r"'driverless' of counting 7 names no device \(OSError"):
        LocalHost().device("driverless")


def test_a_table_is_used_beside_a_profile_whose_runtime_is_broken(
    tmp_path: Path, micro: Space
) -> None:
    table = tmp_path / "table.db"
    write_table(table, micro.operations(), lambda one: 1.0, runtime="driverless")
    write_table(table, micro.operations(), lambda one: 2.0, runtime="counting")
    assert load_predictor(table, "counting", device="Phone").info.runtime == "counting"
    with pytest.raises(InputError, match="was measured on Phone"):
        load_predictor(table)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unfinished", "'unfinished' of counting 7 lacks `lower`, `open`, `quantise`: mend"),
        ("renamed", "'renamed' of counting 7 calls itself 'counting', which must be the same"),
        ("absent", r"'absent' of counting 7 cannot be imported \(ModuleNotFoundError"),
        ("nameless", "'nameless' of counting 7 lacks the text `name` and `package`: mend"),
        ("anywhere", "'anywhere' of counting 7 lacks the text `suffix`: mend"),
        ("unmade", r"'unmade' of counting 7 cannot be made \(OSError: no library\): mend"),
        ("leaving", r"'leaving' of counting 7 cannot be imported \(SystemExit: bye\): mend"),
        ("garbled", "'garbled' of counting 7 is 'not a : path!', which is not \"package.module:"),
    ],
)
def test_a_package_at_fault_is_named(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        get_runtime(name)


def test_an_engine_whose_source_is_not_there(
    tmp_path: Path, micro: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(get_runtime("travelling"))
    monkeypatch.setattr(kind, "remote_engine", "counting.nowhere:open_model")
    with pytest.raises(InputError, match=r"source of module counting\.nowhere, .* `remote_engine`"):
        profile(micro, tmp_path / "table.db", "travelling", protocol=BRIEF)


@pytest.mark.slow
def test_the_command_line_takes_it(tmp_path: Path, micro_file: Path) -> None:
    """In a process of its own: options are declared when their modules are imported."""
    table = tmp_path / "table.db"
    options = ("--space", micro_file, "--table", table, "--processes", "1", "--rounds", "1")
    command = (sys.executable, "-m", "proxyless", "profile", "--runtime", "travelling", *options)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert load_predictor(table, "travelling").info.version == "7"
