"""A link: an ordered stream of messages to and from one peer, over a gloo group of the two.

A group a pair, and not one for all, because a broken gloo group stays broken: so a dead peer breaks
nothing but its own links. Receives are posted ahead, so that a message arrives after one way: gloo
sends nothing before the other side has said where to put it.
"""

import logging
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from threading import Lock
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributed import Work

from ..errors import DistributedError
from .group import Group
from .watched_thread import Failed, WatchedThread

LOG = logging.getLogger(__name__)
HEADER = struct.Struct("<BIqIII")
"""Kind, view, round, bytes of the whole message, offset and bytes of this frame."""
FRAME_BYTES = 1 << 15
LARGEST_MESSAGE = (1 << 32) - 1
"""Bytes of a message: more than any that is sent has."""
POSTED = 128
"""Receives posted ahead: so many frames may be on their way to this worker."""


class Kind(IntEnum):
    """What a message says."""

    DATA = 0
    """The contribution of its sender to a round."""
    ACKNOWLEDGED = 1
    """Its sender has every contribution up to a round."""
    STATE = 2
    """The synchronised state after a round, for a worker that joins."""
    ALIVE = 3
    """Nothing, but it says so."""
    LEAVING = 4
    """Its sender has committed the last round and needs nobody any more."""


@dataclass(frozen=True)
class Message:
    """What one worker tells another; ``payload`` is uint8, (bytes,)."""

    kind: Kind
    view: int
    round: int
    payload: Tensor


NOTHING = torch.empty(0, dtype=torch.uint8)


class Link:
    """Messages to ``peer`` and from it, in order.

    ``deliver(peer, message)`` is called for each that arrives, and ``lost(peer)`` once when nothing
    has come for ``timeout`` seconds, the connection broke or what came was no message; both from a
    thread of the link, and ``failed`` is told of an exception in it. A message has at most
    ``largest()`` bytes.
    """

    def __init__(
        self,
        peer: int,
        group: Group,
        other: int,
        timeout: float,
        deliver: Callable[[int, Message], None],
        lost: Callable[[int], None],
        failed: Failed,
        largest: Callable[[], int] = lambda: LARGEST_MESSAGE,
    ) -> None:
        self.peer, self.other = peer, other
        self.largest = largest
        self.group: Group | None = group
        self.timeout = timedelta(seconds=timeout)
        self.deliver, self.lost = deliver, lost
        self.sent_bytes = 0
        self._sending = Lock()
        self._frames = 0
        self._unsent: deque[tuple[Work, Tensor]] = deque()
        self._closed = False
        self._received_all = False
        self._posted: deque[tuple[Work, Tensor]] = deque()
        self._receives = 0
        for _ in range(POSTED):
            self._post(torch.empty(HEADER.size + FRAME_BYTES, dtype=torch.uint8))
        self.thread = WatchedThread(f"link to worker {peer}", failed, self._receive)
        self.thread.start()

    def send(self, message: Message) -> None:
        """Send a message; returns at once. Nothing happens on a link that is lost.

        Raises:
            DistributedError: it is too large.
        """
        size = len(message.payload)
        if not size <= LARGEST_MESSAGE:
            raise DistributedError(
                f"{size} bytes are too many to be sent at once: at most {LARGEST_MESSAGE} are; "
                "train a smaller network"
            )
        with self._sending:
            for offset in range(0, size, FRAME_BYTES) if size else (0,):
                piece = message.payload[offset : offset + FRAME_BYTES]
                header = HEADER.pack(
                    message.kind, message.view, message.round, size, offset, len(piece)
                )
                frame = torch.cat([torch.frombuffer(bytearray(header), dtype=torch.uint8), piece])
                if not self._send_frame(frame):
                    return

    def _send_frame(self, frame: Tensor) -> bool:
        if self._closed or self.group is None:
            return False
        try:
            work = self.group.send([frame], self.other, self._frames)
        except RuntimeError:
            return False
        self._frames += 1
        self.sent_bytes += len(frame)
        self._unsent.append((work, frame))
        while len(self._unsent) > 2 * POSTED:
            self._unsent.popleft()
        return True

    def close(self) -> None:
        """Stop sending and delivering; the thread ends with the connection or the timeout."""
        with self._sending:
            self._closed = True
            if self._received_all:
                self._release()

    def _release(self) -> None:
        """Let go of the group: gloo's own thread would go on spinning over a broken connection."""
        self._unsent.clear()
        self._posted.clear()
        self.group = None

    def _post(self, buffer: Tensor) -> None:
        assert self.group is not None  # it is let go of when nothing more is received
        self._posted.append((self.group.recv([buffer], self.other, self._receives), buffer))
        self._receives += 1

    def _receive(self) -> None:
        """Deliver what comes until the peer leaves, the link breaks or is closed."""
        ended_well = self._deliver_all()
        with self._sending:
            self._received_all = True
            if not ended_well:
                self._closed = True
            if self._closed:
                self._release()
        if not ended_well:
            self.lost(self.peer)

    def _deliver_all(self) -> bool:
        """Return whether it ended as it should: nothing more was to come, or was wanted."""
        pieces: list[Tensor] = []
        first: _Header | None = None
        received = 0
        while not self._closed:
            work, buffer = self._posted.popleft()
            try:
                work.wait(self.timeout)
                header = _Header(*HEADER.unpack(buffer[: HEADER.size].numpy().tobytes()))
                piece = buffer[HEADER.size : HEADER.size + header.length].clone()
                self._post(buffer)
            except RuntimeError:
                return self._closed
            first = first or header
            if fault := header.fault(first, received, self.largest()):
                LOG.warning("worker %d sent %s: it is left out", self.peer, fault)
                return self._closed
            pieces.append(piece)
            received += header.length
            if received == header.size:
                payload = torch.cat(pieces) if len(pieces) > 1 else piece
                pieces, first, received = [], None, 0
                kind = Kind(header.kind)
                self.deliver(self.peer, Message(kind, header.view, header.round, payload))
                if kind == Kind.LEAVING:
                    return True
        return True


class _Header(NamedTuple):
    """What stands before a frame: ``size`` of the message, ``offset`` and ``length`` of this."""

    kind: int
    view: int
    round: int
    size: int
    offset: int
    length: int

    def fault(self, first: "_Header", received: int, largest: int) -> str:
        """Return why this cannot be the next frame of a message that began with ``first``."""
        if self.kind not in _KINDS:
            return f"a message of the unknown kind {self.kind}"
        if self[:4] != first[:4] or self.offset != received:
            return "frames of a message in another order than its own"
        if not self.size <= (largest if self.kind in (Kind.DATA, Kind.STATE) else 0):
            return f"a message of {self.size} bytes where at most {largest} make sense"
        whole = min(FRAME_BYTES, self.size - self.offset)
        if self.length != whole or self.round < 0:
            return f"a frame of {self.length} bytes instead of {whole}"
        return ""


_KINDS = frozenset(map(int, Kind))
