"""What anyone may put into the store of a run: read, left out or refused, never believed."""

import json
import logging
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st
from torch.distributed import HashStore

from proxyless.distributed import DistributedError
from proxyless.distributed.membership.rendezvous import Rendezvous
from proxyless.distributed.membership.store_connection import StoreConnection
from proxyless.distributed.membership.stored import (
    LARGEST_VALUE,
    read_count,
    read_fault,
    read_reports,
    read_view,
)
from proxyless.distributed.membership.view import Report, View
from proxyless.distributed.transport.addresses import AddressStore, UnreadableAddressError

REPORT: dict[str, Any] = {
    "rank": 1, "round": 7, "digest": "", "joining": False, "suspects": [0],
}  # fmt: skip
VIEW: dict[str, Any] = {
    "number": 3, "members": [0, 1], "committed": 7, "joining": [1], "fetching": [1], "source": 0,
}  # fmt: skip
GARBAGE = [
    b"garbage", b"", b"\0\xff\xfe", b"[" * 100_000, b"9" * 5000, b"null", b"[]", b'"text"',
    b'{"rank": 1', b"NaN", b'{"a":' * 5000, b'"\\ud800"', b"\x1b[2J",
]  # fmt: skip
VALUES: list[Any] = [
    -1, 10**400, 2**63, 1e300, 1.5, "1", None, True, [], {}, [[[[]]]], [-1], [2**70], [1.0],
    "x" * 500,
]  # fmt: skip


@pytest.mark.parametrize("line", GARBAGE)
def test_a_line_that_is_none_is_left_out_and_said(
    line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    sound = json.dumps(REPORT).encode()
    with caplog.at_level(logging.WARNING):
        found = read_reports(b"\n".join([line, sound, line]), f"view/{hash(line)}/reports", 2)
    assert found == {1: Report(7, "", False, (0,))}
    assert line == b"" or "is left out" in caplog.text
    assert len(caplog.records) <= 1, "once, however often it is read"
    assert caplog.text.rstrip("\n").isprintable() or line == b""


@pytest.mark.parametrize("field", REPORT)
@pytest.mark.parametrize("value", VALUES)
def test_a_report_is_of_its_types_and_ranges(field: str, value: Any) -> None:
    found = read_reports(json.dumps({**REPORT, field: value}).encode(), "key", 2)
    sound = {**REPORT, field: value}
    if found:
        assert isinstance(value, bool) == (field == "joining")
        assert sound["suspects"] in ([0], [])
    else:
        assert type(value) is not type(REPORT[field]) or value not in (REPORT[field], [], True)


@pytest.mark.parametrize("field", VIEW)
@pytest.mark.parametrize("value", [*VALUES, [1, 0], [0, 0], [0, 2], 2, 4])
def test_a_view_is_of_its_types_and_does_not_contradict_itself(field: str, value: Any) -> None:
    stored = json.dumps({**VIEW, field: value}).encode()
    if (field, value) in [("committed", 2), ("committed", 4), ("joining", [1, 0])]:
        return
    if field == "fetching" and value == []:
        assert read_view(stored, "key", 3, 2).fetching == ()
        return
    with pytest.raises(DistributedError, match="'key'"):
        read_view(stored, "key", 3, 2)


@pytest.mark.parametrize("stored", GARBAGE[:1] + GARBAGE[2:])
def test_a_decision_that_is_none_ends_the_run_and_names_the_key(stored: bytes) -> None:
    with pytest.raises(DistributedError, match="'view/3/decision'") as refused:
        read_view(stored, "view/3/decision", 3, 2)
    assert str(refused.value).isascii()
    assert len(str(refused.value)) < 600


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_else(stored: bytes) -> None:
    assert read_reports(stored, "key", 2) == {}
    assert read_fault(stored).isprintable()
    for read in (lambda: read_view(stored, "key", 3, 2), lambda: read_count(stored, "key", 10)):
        with suppress(DistributedError):
            read()


def test_more_bytes_than_are_read_are_refused() -> None:
    with pytest.raises(DistributedError, match="'key'"):
        read_reports(b"\n" * (LARGEST_VALUE + 1), "key", 2)


@pytest.mark.parametrize("count", [b"", b"garbage", b"-1", b"9" * 5000, b"1e3", b"11", b" 1"])
def test_a_number_is_one(count: bytes) -> None:
    with pytest.raises(DistributedError, match="'views'"):
        read_count(count, "views", 10)
    store = HashStore()
    store.set("views", count.decode())
    if count != b"11":
        with pytest.raises(DistributedError, match="'views'"):
            Rendezvous(store, 0, 2).latest()


def test_a_worker_whose_report_was_overwritten_says_it_again() -> None:
    store = HashStore()
    rendezvous = Rendezvous(store, 0, 1)
    store.set("view/1/reports", "garbage without an end")
    view = rendezvous.agree(1, lambda: Report(0, joining=True), {0}, patience=5)
    assert view == View(1, (0,), 0, (0,), (), 0)


class Refusing:
    """A store that ends the connection when it is asked to count, as TCPStore does."""

    def __init__(self, store: HashStore) -> None:
        self.store = store

    def add(self, key: str, more: int) -> int:
        raise RuntimeError("Connection was likely closed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_a_store_that_cannot_count_is_looked_into() -> None:
    store = HashStore()
    store.set("view/1/beats", "garbage")

    class World:
        host, port, rank, size = "host", 1, 0, 2

        def connect(self) -> Refusing:
            return Refusing(store)

    connection = StoreConnection(World(), 5.0)  # type: ignore[arg-type]
    with pytest.raises(DistributedError, match="'view/1/beats'"):
        connection.attempt(lambda: connection.rendezvous.heartbeat(1))


OWN = b"\x02\0\0\0\0\0\0\0vm" + b"\x88\0\0\0\0\0\0\0" + b"\x02\0" + bytes(134) + bytes(16)


@pytest.mark.parametrize(
    "stored",
    [b"", b"garbage", b"9" * 5000, bytes(64), OWN[:-1], OWN + b"x", b"\xff" * 170, OWN[8:]],
)
def test_what_is_no_address_does_not_reach_gloo(stored: bytes) -> None:
    addresses = AddressStore(HashStore())
    addresses.set("0/0", OWN)
    addresses.store.set("0/1", stored)  # type: ignore[arg-type]
    with pytest.raises(UnreadableAddressError, match="0/1"):
        addresses.get("0/1")
    assert addresses.get("0/0") == OWN


def test_an_address_has_a_name_of_any_length() -> None:
    addresses = AddressStore(HashStore())
    addresses.set("0/0", OWN)
    longer = b"\x05\0\0\0\0\0\0\0other" + OWN[10:]
    addresses.store.set("0/1", longer)  # type: ignore[arg-type]
    assert addresses.get("0/1") == longer
