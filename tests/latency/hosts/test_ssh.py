"""Profiles over a real OpenSSH server on the loopback interface, started here with keys of its own.

The board's Python sees numpy and the engines, and nothing of ours.
"""

import getpass
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from support import run_cli

from latency import (
    Program,
    Protocol,
    Settings,
    available_runtimes,
    get_host,
    load_predictor,
    profile as profile_space,
)
from latency.hosts import SshHost
from latency.hosts.ssh import OPTIONS_VARIABLE
from latency.timing.device import this_cpu
from latency.timing.measurement import MeasurementPlan
from search_spaces import InputError, Space, load_definition

SERVER = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SERVER or not shutil.which("ssh"),
        reason="needs OpenSSH: apt-get install openssh-server",
    ),
]
BRIEF = Protocol(processes=1, rounds=2, calibration_networks=1, extra=0)


@dataclass(frozen=True)
class Board:
    """A server on this machine; ``process`` is its listening process."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    def python(self, packages: tuple[str, ...], before: str = "") -> str:
        """A Python with these packages only, on an account whose shell greets everybody.

        ``before`` runs in it before what it is asked to run.
        """
        site = self.folder / "-".join(("site", *packages))
        if not site.exists():
            site.mkdir()
            for package in packages:
                for path in Path(sysconfig.get_path("platlib")).glob(f"{package}*"):
                    (site / path.name).symlink_to(path)
        script = self.folder / f"python-{abs(hash((packages, before)))}"
        base = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
        script.write_text(
            "#!/bin/sh\necho Welcome to the board\n"
            f'exec env -i PYTHONPATH={site} {base} -S -c "{before}\n$2"\n'
        )
        script.chmod(0o755)
        return str(script)


def keygen(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path.with_suffix(".pub").read_text()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    folder = tmp_path_factory.mktemp("board")
    port = free_port()
    host_key = keygen(folder / "host_key")
    (folder / "authorized_keys").write_text(keygen(folder / "user_key"))
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}")
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nPidFile {folder}/sshd.pid\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nStrictModes no\nUsePAM no\n"
    )
    (folder / "config").write_text(
        f"Host board\n HostName 127.0.0.1\n Port {port}\n User {getpass.getuser()}\n"
        f"Host *\n IdentityFile {folder}/user_key\n IdentitiesOnly yes\n"
        f" UserKnownHostsFile {folder}/known_hosts\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(parents=True, exist_ok=True)  # sshd drops its rights there
    command = [str(SERVER), "-D", "-e", "-f", str(folder / "sshd_config")]
    with open(folder / "sshd.log", "w") as log, subprocess.Popen(command, stderr=log) as process:
        for _ in range(200):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "sshd.log").read_text()
            time.sleep(0.05)
        yield Board(folder, port, process)
        for session in psutil.Process(process.pid).children():
            session.kill()
        process.terminate()


@pytest.fixture(autouse=True)
def ssh_options(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    monkeypatch.setenv(OPTIONS_VARIABLE, f"-F '{board.folder}/config'")


@pytest.fixture
def python(board: Board) -> str:
    return board.python(("numpy", "onnxruntime", "ai_edge_litert"))


@pytest.fixture(scope="module")
def smallest(micro_file: Path) -> Space:
    return load_definition(micro_file).adapt(resolution=4).expand()


def stamps(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM visits ORDER BY program, process, round").fetchall()
    connection.close()
    return rows


@pytest.mark.parametrize("runtime", ["onnxruntime", "litert"])
def test_a_board_is_profiled(tmp_path: Path, smallest: Space, python: str, runtime: str) -> None:
    if runtime not in available_runtimes():
        pytest.skip(f"{runtime} is not installed")
    table = tmp_path / "table.db"
    host = get_host("ssh://board", remote_python=python)
    info = profile_space(smallest, table, runtime, Settings(batch=2), BRIEF, host=host)
    assert info.version == available_runtimes()[runtime].version
    programs = len(smallest.operations()) + 2  # the overhead and one network
    assert len(stamps(table)) == 2 * programs
    low, high = load_predictor(table, runtime, info.device.fingerprint).bounds(smallest)
    assert 0 < low < high


def test_a_machine_describes_itself_alike_from_near_and_far(python: str) -> None:
    host = get_host("ssh://board", remote_python=python)
    assert host.device("onnxruntime") == this_cpu()
    assert set(host.libraries("onnxruntime")) == {"python", "numpy", "onnxruntime"}


def test_the_command_profiles_a_board(
    tmp_path: Path, micro_file: Path, board: Board, python: str
) -> None:
    arguments = ("profile", "--space", micro_file, "--table", tmp_path / "table.db", "--json")
    url = f"ssh://{getpass.getuser()}@127.0.0.1:{board.port}"
    remote = ("--host", url, "--remote-python", python, "--processes", 1, "--rounds", 1)
    outcome = run_cli(*arguments, *remote)
    assert outcome.status == 0, outcome.stderr
    assert str(this_cpu()) in outcome.stdout


def client(board: Board) -> psutil.Process:
    (found,) = (one for one in psutil.Process().children() if one.name() == "ssh")
    return found


def session(board: Board) -> psutil.Process:
    """The newest one: those before may still be saying goodbye."""
    return max(psutil.Process(board.process.pid).children(), key=psutil.Process.create_time)


def engine(board: Board) -> psutil.Process:
    """What measures on the board."""
    found = session(board).children(recursive=True)
    (python,) = (one for one in found if one.name().startswith("python"))
    return python


@pytest.mark.parametrize("victim", [client, session])
def test_a_lost_connection_costs_nothing_measured(
    tmp_path: Path,
    smallest: Space,
    board: Board,
    python: str,
    victim: Callable[[Board], psutil.Process],
) -> None:
    table = tmp_path / "table.db"
    protocol = Protocol(processes=1, rounds=10, calibration_networks=1, extra=0)
    host = get_host("ssh://board", remote_python=python)

    def kill(done: int, planned: int) -> None:
        if done == 5:
            victim(board).kill()

    with pytest.raises(
        InputError, match=r"the connection to board was lost .* the same command continues"
    ):
        profile_space(smallest, table, protocol=protocol, progress=kill, host=host)
    before = stamps(table)
    told: list[tuple[int, int]] = []
    profile_space(
        smallest, table, protocol=protocol, progress=lambda *done: told.append(done), host=host
    )
    total = 10 * (len(smallest.operations()) + 2)
    assert 5 <= len(before) < total
    assert set(before) < set(stamps(table))
    assert len(stamps(table)) == total
    assert told[0] == (len(before) + 1, total)


def test_a_board_that_falls_silent_is_given_up(
    tmp_path: Path, smallest: Space, board: Board, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = "-o ServerAliveInterval=1 -o ServerAliveCountMax=1"
    monkeypatch.setenv(OPTIONS_VARIABLE, f"-F '{board.folder}/config' {patience}")
    protocol = Protocol(processes=1, rounds=1000, calibration_networks=1, extra=0)
    there: list[psutil.Process] = []

    def unplug(done: int, planned: int) -> None:
        if done == 5:
            there.append(engine(board))
            session(board).suspend()

    with pytest.raises(
        InputError, match=r"connection to board was lost \(Timeout, server .* not resp"
    ):
        profile_space(
            smallest,
            tmp_path / "table.db",
            protocol=protocol,
            progress=unplug,
            host=get_host("ssh://board", remote_python=python),
        )
    session(board).kill()
    assert not psutil.wait_procs(there, timeout=10)[1]


@pytest.mark.parametrize("packages", [(), ("numpy",)])
def test_a_missing_package_is_named_with_its_command(
    board: Board, packages: tuple[str, ...]
) -> None:
    python = board.python(packages)
    host = get_host("ssh://board", remote_python=python)
    with pytest.raises(InputError, match=f"`{python} -m pip install onnxruntime`"):
        host.version("onnxruntime")


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("import sys; sys.version_info = (3, 8, 2)", "is Python 3.8.2: 3.9 or newer is needed"),
        (
            "import platform; platform.system = lambda: 'Darwin'",
            "board runs Darwin, and only Linux",
        ),
    ],
)
def test_a_board_that_cannot_run_it_says_so(board: Board, before: str, words: str) -> None:
    python = board.python(("numpy", "onnxruntime"), before)
    with pytest.raises(InputError, match=words):
        get_host("ssh://board", remote_python=python).device("onnxruntime")


def test_a_model_that_the_engine_refuses(tmp_path: Path, python: str) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"not a model at all" * 10)
    program = Program("broken", file=str(tmp_path / "broken.onnx"))
    plan = MeasurementPlan(0, frozenset({(0, "broken")}))
    host = get_host("ssh://board", remote_python=python)
    with pytest.raises(
        InputError, match=r"onnxruntime failed on board while measuring: .*protobuf"
    ):
        list(host.measure("onnxruntime", [program], Settings(), plan))


def test_a_process_that_dies_there_is_not_taken_for_a_lost_connection(board: Board) -> None:
    python = board.python(
        ("numpy", "onnxruntime"), "import json, os; json.loads = lambda _: os._exit(3)"
    )
    with pytest.raises(InputError, match=r"onnxruntime failed on board .*ended with status 3"):
        get_host("ssh://board", remote_python=python).version("onnxruntime")


def test_a_python_that_is_not_there() -> None:
    host = get_host("ssh://board", remote_python="/opt/absent/python")
    with pytest.raises(InputError, match=r"/opt/absent/python cannot be started on board .* name"):
        host.version("onnxruntime")


def test_a_board_that_nobody_answers_for() -> None:
    port = free_port()
    with pytest.raises(InputError, match=rf"cannot be reached \(.*refused.*`ssh -p {port} me@127"):
        SshHost("me@127.0.0.1", port).version("onnxruntime")


def test_a_board_that_does_not_know_us(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keygen(tmp_path / "stranger")
    config = (board.folder / "config").read_text()
    stranger = config.replace(f"{board.folder}/user_key", f"{tmp_path}/stranger")
    (tmp_path / "config").write_text(stranger)
    monkeypatch.setenv(OPTIONS_VARIABLE, f"-F {tmp_path}/config")
    with pytest.raises(InputError, match=r"board cannot be reached \(.*Permission denied"):
        get_host("ssh://board").version("onnxruntime")


def test_pytorch_stays_at_home() -> None:
    with pytest.raises(InputError, match="torch-cpu cannot be profiled over SSH"):
        get_host("ssh://board").version("torch-cpu")


def test_options_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS_VARIABLE, "-F 'config")
    with pytest.raises(InputError, match=f"{OPTIONS_VARIABLE} cannot be read as options: No clos"):
        get_host("ssh://board").version("onnxruntime")


def test_a_connection_that_is_cut_in_the_middle_of_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh").write_text(
        """#!/bin/sh\nprintf '\\036["started", null]\\n\\036["facts", {"dev'\nexit 255\n"""
    )
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(InputError, match="the connection to board was lost"):
        get_host("ssh://board").version("onnxruntime")


def test_without_a_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="install the OpenSSH client"):
        get_host("ssh://board").version("onnxruntime")
