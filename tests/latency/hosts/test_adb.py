"""A phone that is not there: ``adb`` is a program of ours that replays what others recorded."""

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from support import run_cli

from latency import Device, Protocol, Settings, get_host, load_predictor, profile as profile_space
from latency.hosts import Host, limits
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


GOOD = (HERE / "recordings" / "getprop.txt").read_text()


def described(host: Host) -> object:
    return host.version("litert"), host.device("litert"), host.libraries("litert")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"getprop": ""}, "does not tell 'ro.product.manufacturer'"),
        ({"getprop": "[" * 200_000}, "does not tell 'ro.product.manufacturer'"),
        ({"getprop": "[a]: [" * 50_000 + "]\n"}, "does not tell 'ro.product.manufacturer'"),
        ({"getprop": GOOD.replace("Pixel", "\x1b]0;x\x07[/red]")}, r"\x1b]0;x\x07[/red] 8 Pro"),
        (
            {"getprop": GOOD.replace("Pixel", "P" * 10**5)},
            "which is no line of text of at most 300",
        ),
        ({"getprop": GOOD.replace("arm64-v8a", "\x1b[2J")}, r"'\x1b[2J' as its processor"),
        ({"getprop": GOOD.replace("husky", "\x07")}, "as its build fingerprint"),
        ({"present": ""}, "lists its cores as '', which is no list of cores"),
        ({"present": "abc"}, "lists its cores as 'abc'"),
        ({"present": "0-99999999"}, "lists its cores as '0-99999999'"),
        ({"present": "7-0"}, "lists its cores as '7-0'"),
        ({"present": "-4"}, "lists its cores as '-4'"),
        ({"present": "0-3," * 10_000}, "lists its cores as '0-3,0-3,"),
        ({"present": "0-\u0663"}, "which is no list of cores"),
        ({"present": "9" * 5000}, "which is no list of cores"),
        ({"meminfo": ""}, "does not tell its memory: /proc/meminfo has no MemTotal"),
        ({"meminfo": "MemTotal: lots kB"}, "does not tell its memory"),
        ({"meminfo": "MemTotal: " + "9" * 5000 + " kB"}, "does not tell its memory"),
        ({"meminfo": "MemTotal: -5 kB"}, "does not tell its memory"),
        ({"sha256sum": ""}, "answers `sha256sum` with '', which is no digest"),
        ({"sha256sum": "none  x"}, "answers `sha256sum` with 'none  x', which is no digest"),
        ({"sha256sum": "a" * 65}, "which is no digest"),
        ({"sha256sum": "abc; reboot"}, "which is no digest"),
        ({"sha256sum": "\x1b[2J" * 10_000}, r"answers `sha256sum` with '\x1b[2J"),
        ({"endless": "getprop"}, "(an answer of more than 4194304 bytes)"),
        ({"endless": "sha256sum"}, "(an answer of more than 4194304 bytes)"),
        ({"hangs": "getprop"}, "was lost (no answer in 1 s)"),
        ({"hangs": "present"}, "was lost (no answer in 1 s)"),
        ({"hangs": "devices"}, "was lost (no answer in 1 s)"),
        ({"devices": ""}, "`adb devices` does not list it"),
        ({"devices": "29555f15\t\x1b[2J"}, r"in state '\x1b[2J'"),
        ({"devices": "29555f15\tdevice\n29555f15\toffline"}, "it is offline"),
    ],
)
def test_a_phone_that_lies(
    phone: Phone,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, str],
    words: str,
) -> None:
    monkeypatch.setattr(limits, "QUERY_SECONDS", 1.0)
    phone.set(**answers)
    with pytest.raises(InputError) as caught:
        described(host)
    assert words in str(caught.value)
    assert "phone 29555f15" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(("present", "cores"), [("0-3,5", 5), ("0", 1), ("0-3\n", 4)])
def test_lists_of_cores(phone: Phone, host: Host, present: str, cores: int) -> None:
    phone.set(present=present)
    assert host.device("litert").cores == cores


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"output": ""}, "printed no timings, and last ''"),
        ({"output": "\x1b[2J"}, r"and last '\x1b[2J'"),
        ({"output": "\x1b[2J\x07", "status": "1"}, r"\x1b[2J\x07"),
        ({"output": "", "status": "1"}, "no word from it"),
        ({"output": "count=1 " * 100_000}, "printed no timings"),
        ({"endless": "toybox"}, "(an answer of more than 4194304 bytes)"),
        ({"hangs": "toybox"}, "(no answer in 1 s)"),
    ],
)
def test_a_run_that_lies(
    tmp_path: Path,
    micro: Space,
    phone: Phone,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, str],
    words: str,
) -> None:
    monkeypatch.setattr(limits, "measurement_seconds", lambda settings, programs=0: 1.0)
    phone.set(**answers)
    with pytest.raises(InputError) as caught:
        profile_space(micro, tmp_path / "table.db", "litert", protocol=BRIEF, host=host)
    assert words in str(caught.value)
    assert "phone 29555f15" in str(caught.value)
    assert str(caught.value).isprintable()
    assert phone.commands("shell")[-1] == "shell rm -rf /data/local/tmp/proxyless"
