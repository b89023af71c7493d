"""Those to whom a worker speaks: the links to them, and the threads that listen."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
        lanes = [turns[lane::LANES] for lane in range(min(LANES, len(turns)))]
        missing: set[int] = set()
        if lanes:
            with ThreadPoolExecutor(len(lanes)) as pool:
                missing.update(*pool.map(lambda lane: self._open_lane(view, lane), lanes))
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
            self.drop(self.links.keys())
            threads, self._threads = self._threads, []
        until = time.monotonic() + self.timeout + 1
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _add(self, link: Link) -> None:
        with self.changed:
            self.links[link.peer] = link
            self.keep_thread(link.thread)

    def _open_lane(self, view: View, peers: Sequence[int]) -> set[int]:
        """Open links one after the other; return to whom that was in vain."""
        try:
            store = self.world.connect()
        except RuntimeError:
            return set(peers)
        missing = set()
        for peer in peers:
            link = self._open(view, peer, store)
            if link is None:
                missing.add(peer)
            else:
                self._add(link)
        return missing

    def _open(self, view: View, peer: int, store: Any) -> Link | None:
        """Open a link in a thread of its own: over a way that is cut, gloo tries for long."""
        place = 0 if self.world.rank < peer else 1
        opened: Queue[Any] = Queue()
        thread = Thread(
            target=lambda: opened.put(self._open_pair(view, peer, place, store)), daemon=True
        )
        thread.start()
        self.keep_thread(thread)
        try:
            group = opened.get(timeout=self.timeout / 2)
            if group is None:
                return None
            return Link(peer, group, 1 - place, self.timeout, self.deliver, self.lose)
        except (Empty, RuntimeError):
            return None

    def _open_pair(self, view: View, peer: int, place: int, store: Any) -> Any:
        low, high = sorted((self.world.rank, peer))
        prefix = f"view/{view.number}/link/{low}-{high}"
        try:
            return self.world.open_group(store, prefix, place, 2)
        except RuntimeError:
            return None
