"""Those to whom a worker speaks: the links to them, and the threads that listen."""

import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, Queue
from threading import Condition, Thread
from typing import Any

from torch import Tensor

from .link import NOTHING, Kind, Link, Message
from .tournament import tournament
from .view import View
from .world import World

LANES = 8
"""Links that are opened at once, each over a connection to the store of its own."""


class Peers:
    """The links of a worker to others, with its rounds under one lock, that of ``changed``.

    ``deliver(peer, message)`` and ``lose(peer)`` are what :class:`.link.Link` calls.
    """

    def __init__(
        self,
        world: World,
        timeout: float,
        changed: Condition,
        deliver: Callable[[int, Message], None],
        lose: Callable[[int], None],
    ) -> None:
        self.world, self.timeout, self.changed = world, timeout, changed
        self.deliver, self.lose = deliver, lose
        self.links: dict[int, Link] = {}
        self.left: set[int] = set()
        self._threads: list[Thread] = []
        self._closed = False

    def meet(self, view: View) -> set[int]:
        """Have a link to every other member of a view; return those to whom none could be opened.

        Links between those who stay are kept.
        """
        me = self.world.rank
        members = {rank for rank in view.members if rank != me}
        self.drop(self.links.keys() - members)
        new = members if me in view.joining else members & set(view.joining)
        self.drop(self.links.keys() & new)
        with self.changed:
            self.left -= new  # who left before is back
        turns = [peer for peer in tournament(me, view.members) if peer in new]
        missing: set[int] = set()
        lanes = [
            Thread(target=self._open_lane, args=(view, turns[lane::LANES], missing), daemon=True)
            for lane in range(min(LANES, len(turns)))
        ]
        for lane in lanes:
            lane.start()
            self.keep_thread(lane)
        for lane in lanes:
            lane.join()
        return missing

    def drop(self, peers: Iterable[int]) -> None:
        """Speak to some no more."""
        with self.changed:
            for peer in list(peers):
                self.links.pop(peer).close()

    def send(
        self, to: Iterable[int], kind: Kind, view: int, round_: int, payload: Tensor = NOTHING
    ) -> None:
        """Tell some something."""
        with self.changed:
            for peer in to:
                self.links[peer].send(Message(kind, view, round_, payload))

    def keep_thread(self, thread: Thread) -> None:
        """Wait for a thread when this worker speaks no more."""
        with self.changed:
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)

    def close(self) -> None:
        """Speak no more, and wait for the threads, as long as they may wait for a message."""
        with self.changed:
            self._closed = True
            self.drop(self.links.keys())
            threads, self._threads = self._threads, []
        until = time.monotonic() + self.timeout + 1
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _open_lane(self, view: View, peers: Sequence[int], missing: set[int]) -> None:
        """Open links one after the other; add those to ``missing`` to whom that was in vain.

        Each in a thread of its own: over a way that is cut, gloo tries for long. It keeps its
        connection to the store busy meanwhile, so the next link gets another.
        """
        store: Any = None
        for peer in peers:
            opened: Queue[Any] = Queue()
            thread = Thread(target=self._open, args=(view, peer, store, opened), daemon=True)
            thread.start()
            self.keep_thread(thread)
            try:
                group, store = opened.get(timeout=self.timeout / 2)
            except Empty:
                group, store = None, None
            if group is None or not self._add(peer, group):
                missing.add(peer)

    def _open(self, view: View, peer: int, store: Any, opened: Queue[Any]) -> None:
        """Put a group of this worker and a peer, or None, and the connection that was used."""
        low, high = sorted((self.world.rank, peer))
        prefix = f"view/{view.number}/link/{low}-{high}"
        place = 0 if self.world.rank == low else 1
        try:
            store = store or self.world.connect()
            opened.put((self.world.open_group(store, prefix, place, 2), store))
        except RuntimeError:
            opened.put((None, None))

    def _add(self, peer: int, group: Any) -> bool:
        """Return whether the link did not break at once."""
        other = 1 if self.world.rank < peer else 0
        with self.changed:
            try:
                link = Link(peer, group, other, self.timeout, self.deliver, self.lose)
            except RuntimeError:
                return False
            self.links[peer] = link
            self.keep_thread(link.thread)
            if self._closed:
                self.drop([peer])
        return True
