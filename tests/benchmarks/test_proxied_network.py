import shutil
import time
from hashlib import sha256

import pytest

from benchmarks.network import trials
from benchmarks.network.network import open_network
from benchmarks.network.probe import payload
from benchmarks.network.proxied_network import ProxiedNetwork


def test_it_is_chosen_where_namespaces_are_not_permitted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with open_network(2, delay_ms=1) as network:
        assert network.kind == "proxies"
    said = capsys.readouterr().err
    assert said.startswith("network: proxies")
    assert "the command ip is missing: install iproute2" in said


def test_a_transfer_arrives_whole_and_is_late() -> None:
    with ProxiedNetwork(2, delay_ms=20) as network:
        done = trials.transfer(network, 0, 1, 2_000_000)
        assert done.sha256 == sha256(payload(2_000_000)).hexdigest()
        assert done.seconds >= 0.050  # a round trip of handshake and one way are 60 ms
        assert network.bytes(0) == (2_000_000, 0)
        assert network.bytes(1) == (0, 2_000_000)


def test_a_rate_is_kept() -> None:
    with ProxiedNetwork(2, rate_mbit=16) as network:
        seconds = [trials.transfer(network, 0, 1, 250_000).seconds for _ in range(3)]
        assert min(seconds) < 0.145  # see test_network.py for what bounds what
        assert max(seconds) > 0.12


def test_a_cut_holds_bytes_until_it_is_healed() -> None:
    with ProxiedNetwork(2) as network:
        network.cut(0, 1)
        sink = trials.pouring(network, 0, 1, 100_000)
        time.sleep(0.3)
        assert network.bytes(1)[1] == 0
        network.heal()
        assert trials.finished(sink).bytes == 100_000


def test_a_refused_connection_ends() -> None:
    with ProxiedNetwork(2) as network:
        sink, port = trials.listen(network, 1, "sink")
        sink.kill()
        sink.wait()
        host, dialled = network.endpoint(1, port, 0)
        code = "import socket, sys; c = socket.create_connection((sys.argv[1], int(sys.argv[2])))"
        command = ["python3", "-c", f"{code}; sys.exit(len(c.recv(1)))", host, str(dialled)]
        assert network.start(0, command).wait(5) == 0


def test_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot lose packets"):
        ProxiedNetwork(2, loss=0.1)
    with ProxiedNetwork(2) as network, pytest.raises(ValueError, match="cannot lose packets"):
        network.set_loss(0.1)
