"""A phone that is not there: ``adb`` is a program of ours that replays what others recorded."""

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from support import run_cli

from latency import Device, Protocol, Settings, get_host, load_predictor, profile as profile_space
from latency.hosts import Host
from search_spaces import InputError, Space

HERE = Path(__file__).parent
ON_PHONE = "/data/local/tmp/benchmark_model"
BRIEF = Protocol(processes=1, rounds=1, calibration_networks=1, extra=0)


class Phone:
    """The folder that the false ``adb`` reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.set(state="device", lost_after="100000", status="0", log="")
        self.print("litert.txt")

    def set(self, **content: str) -> None:
        for name, text in content.items():
            (self.folder / name).write_text(text)

    def print(self, recording: str) -> None:
        text = (HERE / "recordings" / recording).read_text() + (
            self.folder / "time.txt"
        ).read_text()
        (self.folder / "output").write_text(text)

    def commands(self, beginning: str) -> list[str]:
        lines = (self.folder / "log").read_text().splitlines()
        sent = [line.removeprefix("-s 29555f15 ") for line in lines]
        return [line for line in sent if line.startswith(beginning)]


@pytest.fixture
def phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Phone:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("getprop.txt", "time.txt"):
        shutil.copy(HERE / "recordings" / name, folder)
    script = (HERE / "fake_adb.py").read_text()
    (folder / "adb").write_text(f"#!{sys.executable} -S\n{script}")
    (folder / "adb").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return Phone(folder)


@pytest.fixture
def host(phone: Phone) -> Host:
    return get_host("adb://29555f15", benchmark_model=ON_PHONE)


def visits(path: Path) -> list[tuple[float, ...]]:
    connection = sqlite3.connect(path)
    columns = "minimum_ms, median_ms, cpu_ms, calls, switches"
    rows = connection.execute(f"SELECT {columns} FROM visits").fetchall()
    connection.close()
    return rows


def test_a_phone_is_profiled(tmp_path: Path, micro: Space, phone: Phone, host: Host) -> None:
    table = tmp_path / "table.db"
    info = profile_space(micro, table, "litert", Settings(threads=2), BRIEF, host=host)
    assert info.device == Device(
        "Google Pixel 8 Pro, Tensor G3", 9, "arm64-v8a", "Android 14", 11833344 * 1024
    )
    assert info.version == "benchmark_model-0123456789ab"
    programs = len(micro.operations()) + 2
    assert visits(table) == [(0.91, 0.942, 1520 / 1054, 1054, 7)] * programs
    timed = phone.commands("shell toybox")
    assert len(timed) == programs
    assert timed[0].startswith(f"shell toybox time -v toybox taskset 180 {ON_PHONE} --graph=/data/")
    assert "--num_threads=2 --warmup_runs=2 --warmup_min_secs=0 --num_runs=8" in timed[0]
    assert len(phone.commands("push")) == programs
    assert phone.commands("shell")[-1] == "shell rm -rf /data/local/tmp/proxyless"
    low, high = load_predictor(table, "litert", info.device.fingerprint).bounds(micro)
    assert low == high == pytest.approx(0.91)


def test_a_binary_that_lies_here_is_pushed(tmp_path: Path, micro_file: Path, phone: Phone) -> None:
    (tmp_path / "benchmark_model").write_bytes(b"\x7fELF")
    outcome = run_cli(
        "profile", "--space", micro_file, "--table", tmp_path / "table.db", "--runtime", "litert",
        "--host", "adb://29555f15", "--benchmark-model", tmp_path / "benchmark_model",
        "--processes", 1, "--rounds", 1,
    )  # fmt: skip
    assert outcome.status == 0, outcome.stderr
    pushed = "/data/local/tmp/proxyless/benchmark_model"
    assert phone.commands("push")[0] == f"push {tmp_path}/benchmark_model {pushed}"
    assert pushed in phone.commands("shell toybox")[0]


def test_a_phone_that_is_unplugged_costs_nothing_measured(
    tmp_path: Path, micro: Space, phone: Phone, host: Host
) -> None:
    phone.set(lost_after="5")
    table = tmp_path / "table.db"
    with pytest.raises(InputError, match=r"the connection to phone 29555f15 was lost \(error: dev"):
        profile_space(micro, table, "litert", protocol=BRIEF, host=host)
    assert len(visits(table)) == 5
    phone.set(lost_after="100000", state="device")
    profile_space(micro, table, "litert", protocol=BRIEF, host=host)
    total = len(micro.operations()) + 2
    assert len(visits(table)) == total
    assert len(phone.commands("shell toybox")) == total + 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("absent", "phone 29555f15 cannot be used, `adb devices` does not list it"),
        ("unauthorized", "has not authorised this computer: confirm the dialog"),
        ("offline", "it is offline: plug it in again"),
        ("no permissions (missing udev rules?)", r"adb finds it in state 'no permissions \(miss"),
    ],
)
def test_a_phone_that_cannot_be_used(phone: Phone, host: Host, state: str, words: str) -> None:
    phone.set(state=state)
    with pytest.raises(InputError, match=words):
        host.version("litert")


def test_a_binary_that_is_nowhere(phone: Phone) -> None:
    host = get_host("adb://29555f15", benchmark_model="/data/local/tmp/absent")
    with pytest.raises(InputError, match=r"no benchmark_model at /data/local/tmp/absent, neither"):
        host.version("litert")


def test_other_runtimes_are_not_for_phones(host: Host) -> None:
    with pytest.raises(InputError, match="onnxruntime cannot be profiled on a phone"):
        host.version("onnxruntime")


def test_without_adb_it_says_what_to_install(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="install Android's platform tools"):
        host.version("litert")


def test_properties_that_are_cut_short(phone: Phone, host: Host) -> None:
    phone.set(**{"getprop.txt": "[ro.product.model]: [Pixel]\n"})
    with pytest.raises(InputError, match=r"does not tell 'ro\.product\.manufacturer'"):
        host.device("litert")


@pytest.mark.parametrize(
    ("output", "status", "words"),
    [
        ('CANNOT LINK EXECUTABLE: library "libabsent.so" not found\n', "1", "failed .*libabsent"),
        ("ERROR: Benchmarking failed.\nReal time (s): 0.1\n", "1", "ERROR: Benchmarking failed"),
        ("count=1 curr=12\nINFO: killed\n", "0", "printed no timings, and last 'INFO: killed'"),
    ],
)
def test_a_run_that_cannot_be_read(
    tmp_path: Path, micro: Space, phone: Phone, host: Host, output: str, status: str, words: str
) -> None:
    phone.set(output=output, status=status)
    with pytest.raises(InputError, match=words) as caught:
        profile_space(micro, tmp_path / "table.db", "litert", protocol=BRIEF, host=host)
    assert "benchmark_model on phone 29555f15 failed to time" in str(caught.value)
