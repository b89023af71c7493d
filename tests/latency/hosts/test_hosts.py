from pathlib import Path

import pytest
from support import run_cli

from latency import get_host
from latency.hosts import AdbHost, LocalHost, SshHost
from search_spaces import InputError


def test_without_an_address_it_is_this_machine() -> None:
    assert isinstance(get_host(), LocalHost)


@pytest.mark.parametrize(
    ("url", "address", "port"),
    [
        ("ssh://board", "board", None),
        ("ssh://pi@board", "pi@board", None),
        ("ssh://pi@board.local:2222/", "pi@board.local", 2222),
        ("ssh://Board", "Board", None),
        ("ssh://pi@[fe80::1]:22", "pi@fe80::1", 22),
    ],
)
def test_addresses_over_ssh(url: str, address: str, port: int | None) -> None:
    host = get_host(url)
    assert isinstance(host, SshHost)
    assert (host.address, host.port, host.python) == (address, port, "python3")


def test_addresses_of_phones() -> None:
    host = get_host("adb://192.168.1.5:5555", benchmark_model="/data/local/tmp/benchmark_model")
    assert isinstance(host, AdbHost)
    assert host.serial == "192.168.1.5:5555"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("board", "'board' is no address: give ssh://user@host"),
        ("http://board", "'http://board' is no address"),
        ("ssh://", "names no host"),
        ("ssh://pi@", "names no host"),
        ("ssh://-oProxyCommand=true", "names no host"),
        ("ssh://board:port", "is no address"),
        ("ssh://pi:secret@board", "holds no password"),
        ("ssh://board/home/pi", "more than an address"),
        ("adb://", "names no phone"),
        ("adb://29555f15", "needs `benchmark_model`"),
    ],
)
def test_wrong_addresses(url: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        get_host(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "board"), "'board' is no address"),
        (("--remote-python", "python3.9"), "--remote-python belongs to a device at ssh://"),
        (
            ("--host", "ssh://board", "--benchmark-model", "b"),
            "--benchmark-model belongs to a phone",
        ),
    ],
)
def test_the_command_refuses_them(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    outcome = run_cli("profile", "--table", tmp_path / "table.db", *options)
    assert outcome.status == 2
    assert words in outcome.stderr
    assert not (tmp_path / "table.db").exists()
