import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.network import namespaces
from benchmarks.network.network import Network
from benchmarks.network.nursery import Nursery, is_alive

OBSTACLE = namespaces.obstacle()
pytestmark = pytest.mark.skipif(OBSTACLE is not None, reason=str(OBSTACLE))
MODULE = "nursery_example"


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def network_nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nursery]:
    """A nursery whose module says in a file where it is, and then waits for another."""
    (tmp_path / f"{MODULE}.py").write_text(
        "import os, pathlib, time\n"
        "PREPARED = []\n"
        "def prepare():\n"
        "    PREPARED.append(os.getpid())\n"
        "def main(said, awaited):\n"
        "    assert PREPARED != [] and os.getpid() not in PREPARED\n"
        "    pathlib.Path(said).write_text(str(os.stat('/proc/self/ns/net').st_ino))\n"
        "    while not os.path.exists(awaited):\n"
        "        time.sleep(0.01)\n"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    monkeypatch.setenv("PYTHONPATH", path)
    with Network(2) as network, (tmp_path / "errors").open("w") as errors:
        yield Nursery(network, [MODULE], errors)


def test_processes_are_where_their_workers_are_and_end_by_themselves(
    network_nursery: Nursery, tmp_path: Path
) -> None:
    said = [tmp_path / f"said-{worker}" for worker in (0, 1)]
    awaited = tmp_path / "awaited"
    started = [
        network_nursery.start(n, MODULE, str(file), str(awaited)) for n, file in enumerate(said)
    ]
    eventually(lambda: all(file.exists() and file.read_text() for file in said))
    places = [Path("/run/netns", name).stat().st_ino for name in network_nursery.network.namespaces]
    assert [int(file.read_text()) for file in said] == places
    assert all(map(is_alive, started))
    awaited.touch()
    eventually(lambda: not any(map(is_alive, started)))


def test_one_that_is_killed_takes_no_other_with_it(
    network_nursery: Nursery, tmp_path: Path
) -> None:
    files = [tmp_path / "one", tmp_path / "other"]
    started = [
        network_nursery.start(1, MODULE, str(file), str(tmp_path / "never")) for file in files
    ]
    eventually(lambda: all(file.exists() for file in files))
    os.killpg(started[0], signal.SIGKILL)
    eventually(lambda: not is_alive(started[0]))
    assert is_alive(started[1])
    assert is_alive(
        network_nursery.start(0, MODULE, str(tmp_path / "third"), str(tmp_path / "never"))
    )
