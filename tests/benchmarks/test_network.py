"""The network in namespaces.

Upper bounds of time hold for the quickest of several tries, as a busy machine delays workers. Lower
bounds of transfers hold for the slowest: the clock of a delayed sink starts late.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from benchmarks.network import namespaces, network as network_module, trials
from benchmarks.network.carrier import Carrier
from benchmarks.network.network import Network
from benchmarks.network.probe import payload

OBSTACLE = namespaces.obstacle()
pytestmark = pytest.mark.skipif(OBSTACLE is not None, reason=str(OBSTACLE))
FOLDER = Path("/run/netns")
OWNER = """
import sys
from benchmarks.network.network import Network
network = Network(2)
process = network.start(0, ["sleep", "1000"])
print(network.carrier_pid, process.pid, *network.namespaces, flush=True)
process.wait()
"""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network(3) as opened:
        yield opened


@pytest.fixture(scope="module")
def echo(network: Network) -> dict[int, int]:
    """The port of an echo in worker 1 and of one in worker 2."""
    return {worker: trials.listen(network, worker, "echo")[1] for worker in (1, 2)}


@pytest.fixture(autouse=True)
def _plain(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "network" in request.fixturenames:
        opened = request.getfixturevalue("network")
        opened.heal()
        opened.set_delay(0)
        opened.set_loss(0)
        opened.set_rate(None)


def quickest(round_trips: list[float | None]) -> float:
    """Return the shortest of the round trips that came back."""
    return min(milliseconds for milliseconds in round_trips if milliseconds is not None)


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def exists(process: str) -> bool:
    """Whether a process is there and not a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(("there", "back"), [(5, 5), (60, 60), (25, 5)])
def test_a_round_trip_takes_both_delays(
    network: Network, echo: dict[int, int], there: float, back: float
) -> None:
    network.set_delay(there, sender=0, receiver=1)
    network.set_delay(back, sender=1, receiver=0)
    best = quickest(trials.pings(network, 0, 1, echo[1], tries=5))
    assert there + back <= best < there + back + 2


def test_delays_are_of_pairs(network: Network, echo: dict[int, int]) -> None:
    network.set_delay(30, sender=0, receiver=2)
    assert quickest(trials.pings(network, 0, 1, echo[1], tries=5)) < 2
    assert 30 <= quickest(trials.pings(network, 0, 2, echo[2], tries=5)) < 32


def test_packets_stay_in_order_when_the_delay_falls(network: Network) -> None:
    receive = """
import socket
connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
connection.bind(("", 9000))
print("ready", flush=True)
print([int(connection.recv(100)) for _ in range(40)])
"""
    send = """
import socket, sys
connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    connection.sendto(b"%d" % number, (sys.argv[1], 9000))
"""
    command = [sys.executable, "-c", send, network.address(2)]
    receiver = network.start(2, [sys.executable, "-c", receive], stdout=subprocess.PIPE)
    assert receiver.stdout is not None
    receiver.stdout.readline()
    network.set_delay(400)
    network.start(0, [*command, "0", "20"]).wait()
    network.set_delay(0)
    network.start(0, [*command, "20", "40"]).wait()
    assert receiver.communicate()[0].strip() == str(list(range(40)))


def test_a_transfer_arrives_whole(network: Network) -> None:
    network.set_delay(3)
    done = trials.transfer(network, 0, 1, 5_000_000)
    assert done.bytes == 5_000_000
    assert done.sha256 == sha256(payload(5_000_000)).hexdigest()


def test_a_rate_is_kept(network: Network) -> None:
    network.set_rate(16, 0)
    size = 400_000
    expected = size * (1500 / 1448) * 8 / 16e6
    seconds = [trials.transfer(network, 0, 1, size).seconds for _ in range(3)]
    assert min(seconds) < expected * 1.15
    assert max(seconds) > expected * 0.9
    assert trials.transfer(network, 1, 2, size).seconds < expected


def test_a_full_uplink_drops(network: Network) -> None:
    network.set_rate(0.1, 0)
    before = network.counts()[0]["overflowed"]
    send = "import socket, sys; c = socket.socket(type=socket.SOCK_DGRAM)\n"
    send += "for _ in range(20): c.sendto(bytes(1000), (sys.argv[1], 9999))"
    network.start(0, [sys.executable, "-c", send, network.address(1)]).wait()
    # 250 ms at 0.1 Mbit/s are 3125 bytes: the fourth packet of 1028 bytes is the last that waits
    assert eventually(lambda: network.counts()[0]["overflowed"] - before == 16)


def test_loss_makes_a_transfer_slower_and_leaves_it_whole(network: Network) -> None:
    network.set_delay(5)
    quick = trials.transfer(network, 0, 1, 300_000)
    before = network.counts()[0]["lost"]
    network.set_loss(0.05, sender=0)
    slow = trials.transfer(network, 0, 1, 300_000)
    assert slow.sha256 == quick.sha256
    assert slow.seconds > quick.seconds
    assert network.counts()[0]["lost"] > before


def test_a_cut_stops_one_pair_until_it_is_healed(network: Network, echo: dict[int, int]) -> None:
    network.cut(0, 1)
    assert trials.pings(network, 0, 1, echo[1], tries=3, seconds=0.05) == [None] * 3
    assert None not in trials.pings(network, 0, 2, echo[2], tries=3)
    network.heal(1, 0)
    assert None not in trials.pings(network, 0, 1, echo[1], tries=3)


def test_a_worker_is_cut_off_from_all(network: Network, echo: dict[int, int]) -> None:
    network.cut(1)
    assert trials.pings(network, 2, 1, echo[1], tries=2, seconds=0.05) == [None] * 2
    assert None not in trials.pings(network, 0, 2, echo[2], tries=2)
    network.heal(1)
    assert None not in trials.pings(network, 2, 1, echo[1], tries=2)


def test_a_cut_loses_what_is_under_way(network: Network, echo: dict[int, int]) -> None:
    network.set_delay(300, sender=0)
    before = network.counts()[1]["received_packets"]
    send = "import socket, sys; socket.socket(type=socket.SOCK_DGRAM)"
    send += ".sendto(b'lost', (sys.argv[1], int(sys.argv[2])))"
    command = [sys.executable, "-c", send, network.address(1), str(echo[1])]
    network.start(0, command).wait()
    network.cut(0, 1)
    network.heal()
    time.sleep(0.4)
    assert network.counts()[1]["received_packets"] == before


def test_a_connection_outlives_a_cut(network: Network) -> None:
    network.set_rate(16, 0)
    sink = trials.pouring(network, 0, 1, 1_000_000)
    start = network.bytes(1)[1]
    assert eventually(lambda: network.bytes(1)[1] > start + 100_000)
    network.cut(0, 1)
    standing = network.bytes(1)[1]
    time.sleep(0.3)
    assert network.bytes(1)[1] == standing
    network.heal()
    assert trials.finished(sink).bytes == 1_000_000


def test_the_interface_and_the_router_count_what_was_sent(
    network: Network, echo: dict[int, int]
) -> None:
    interfaces = [network.bytes(worker) for worker in range(3)]
    router = network.counts()
    trials.pings(network, 0, 2, echo[2], tries=10)
    size = 10 * (64 + 28)  # headers of UDP and IP
    expected = [(size, size), (0, 0), (size, size)]
    changes = [
        tuple(
            now - then for now, then in zip(network.bytes(worker), interfaces[worker], strict=True)
        )
        for worker in range(3)
    ]
    assert changes == expected
    names = ("sent_bytes", "received_bytes")
    now = network.counts()
    counted = [tuple(now[i][name] - router[i][name] for name in names) for i in range(3)]
    assert counted == expected


def test_nothing_is_left_after_an_exception() -> None:
    started = []

    def fail() -> None:
        with Network(2) as opened:
            process = opened.start(1, ["sh", "-c", "trap '' TERM; sleep 1000 & wait; wait"])
            started.append((opened.namespaces, process))
            assert all((FOLDER / name).exists() for name in opened.namespaces)
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        fail()
    ((names, process),) = started
    assert process.poll() is not None
    assert not any((FOLDER / name).exists() for name in names)


def test_nothing_is_left_when_it_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[Path] = []

    class Watched(Carrier):
        def close(self) -> None:
            names.extend(FOLDER.glob(f"{namespaces.PREFIX}-{self.pid}-*"))
            super().close()
            names.extend(FOLDER.glob(f"{namespaces.PREFIX}-{self.pid}-*"))

    monkeypatch.setattr(network_module, "Carrier", Watched)
    with pytest.raises(OSError, match=r"ip -n proxyless-wan.*mtu"):
        Network(2, mtu=-1)
    assert names == []


@pytest.mark.parametrize("with_router", [False, True])
def test_a_killed_owner_leaves_nothing_for_long(with_router: bool) -> None:
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        router, worker, *names = owner.stdout.readline().split()
        if with_router:
            os.kill(int(router), signal.SIGKILL)
        owner.kill()
    if with_router:
        with Network(1):  # the next one, here or in another process, finds them
            pass
    assert eventually(lambda: not any((FOLDER / name).exists() for name in names))
    assert eventually(lambda: not exists(worker))


def test_a_live_network_is_not_stale(network: Network) -> None:
    namespaces.remove_stale()
    assert all((FOLDER / name).exists() for name in network.namespaces)


def test_two_networks_at_once_do_not_meet(network: Network, echo: dict[int, int]) -> None:
    with Network(2) as other:
        assert not set(other.namespaces) & set(network.namespaces)
        assert trials.pings(other, 0, 1, echo[1], tries=1, seconds=0.05) == [None]


def test_a_worker_that_does_not_exist_is_refused(network: Network) -> None:
    with pytest.raises(ValueError, match="no worker 7"):
        network.start(7, ["true"])
    with pytest.raises(ValueError, match="no worker 7"):
        network.cut(7)


def test_a_router_that_died_is_an_error() -> None:
    with Network(1) as opened:
        os.kill(opened.carrier_pid, signal.SIGKILL)
        with pytest.raises(OSError, match="the network's process has ended"):
            opened.cut(0)
    namespaces.remove_stale()
    assert not (FOLDER / opened.namespaces[0]).exists()
