"""What cannot work on this machine is refused before anything begins."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st
from torch.distributed import HashStore, PrefixStore

from proxyless.distributed import DistributedError, World
from proxyless.distributed.environment import local_rank, number_of
from proxyless.distributed.membership.preparation import check_machine
from proxyless.distributed.membership.rendezvous import Rendezvous

TORCHRUN = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
HERE = World(0, 2, "127.0.0.1", 29500, 5.0)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    return monkeypatch


def test_what_torchrun_says_is_the_world(environment: pytest.MonkeyPatch) -> None:
    assert World.of_torchrun(5.0) == HERE


NO_NUMBERS = ["", " 1", "1_0", "-1", "+1", "\uff11", "1.0", "0x1", "9" * 5000, "1\n", "abc"]


@pytest.mark.parametrize("name", ["RANK", "WORLD_SIZE", "MASTER_PORT"])
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_numbers_of_torchrun_are_digits(
    environment: pytest.MonkeyPatch, name: str, text: str
) -> None:
    environment.setenv(name, text)
    with pytest.raises(DistributedError, match=f"^{name} is ") as refused:
        World.of_torchrun(5.0)
    assert str(refused.value).isascii()
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"RANK": "2"}, "RANK is 2, and WORLD_SIZE is 2"),
        ({"WORLD_SIZE": "0"}, "WORLD_SIZE is 0"),
        ({"WORLD_SIZE": "999999999"}, "WORLD_SIZE is 999999999"),
        ({"MASTER_PORT": "0"}, "--master-port"),
        ({"MASTER_PORT": "65536"}, "--master-port"),
        ({"MASTER_ADDR": ""}, "--master-addr"),
        ({"MASTER_ADDR": "a" * 300}, "--master-addr"),
        ({"MASTER_ADDR": "a\x1b[31mb"}, "--master-addr"),
    ],
)
def test_worlds_that_cannot_be_are_refused(
    environment: pytest.MonkeyPatch, values: dict[str, str], word: str
) -> None:
    for name, value in values.items():
        environment.setenv(name, value)
    with pytest.raises(DistributedError, match=word):
        World.of_torchrun(5.0)


@pytest.mark.parametrize("name", TORCHRUN)
def test_without_torchrun_its_variables_are_missed(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.delenv(name)
    with pytest.raises(DistributedError, match=f"{name} is not set"):
        World.of_torchrun(5.0)


@pytest.mark.parametrize("text", ["x", "../../elsewhere", "-1", "100000000"])
def test_a_local_rank_is_a_number(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv("LOCAL_RANK", text)
    with pytest.raises(DistributedError, match="LOCAL_RANK is "):
        local_rank()


@given(st.text(max_size=20))
def test_a_number_is_read_as_it_stands(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        try:
            patch.setenv("RANK", text)
        except (ValueError, UnicodeEncodeError):
            return  # no text of an environment
        try:
            assert str(number_of("RANK")) == (text.lstrip("0") or "0")
        except DistributedError:
            assert not (text.isascii() and text.isdigit() and len(text) < 10)


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_a_timeout_is_waited_for(timeout: float) -> None:
    with pytest.raises(DistributedError, match="`timeout`"):
        replace(HERE, timeout=timeout)


@pytest.mark.parametrize(
    "interface", ["nope0", "", "x" * 100, "lo\0", "é", "lo eth0", "\x1b[2J", "127.0.0.1"]
)
def test_an_interface_that_there_is_not_is_named_with_those_there_are(interface: str) -> None:
    with pytest.raises(DistributedError, match=r"`interface` .* choose from .*lo") as refused:
        replace(HERE, interface=interface).check()
    assert str(refused.value).isascii()


@pytest.mark.parametrize("host", ["nope.invalid", "a..b", "999.1.1.1.1", "x" * 70 + ".invalid"])
def test_a_host_without_a_way_is_named(host: str) -> None:
    with pytest.raises(DistributedError, match=r"no way leads .*--master-addr"):
        replace(HERE, host=host).check()


def test_the_others_are_told_why_a_worker_cannot_come() -> None:
    store = HashStore()

    class Shared(World):
        def connect(self) -> Any:
            return PrefixStore("proxyless", store)

    with pytest.raises(DistributedError):
        check_machine(Shared(1, 2, "127.0.0.1", 1, 5.0, "nope0"))
    told = Rendezvous(PrefixStore("proxyless", store), 0, 2)
    assert "`interface` 'nope0'" in told.faults({0, 1})[1]
    again = Rendezvous(PrefixStore("proxyless", store), 1, 2)
    again.claim_rank("a later process")
    assert told.faults({0, 1}) == {}
