"""The peers of a worker: links to them, and the threads that listen."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, Queue
from threading import Condition, Thread

from torch import Tensor
from torch.distributed import Store

from ..errors import first_line
from .group import Group
from .link import LARGEST_MESSAGE, NOTHING, Kind, Link, Message
from .round_robin import round_robin
from .watched_thread import Failed, WatchedThread
from .world import World

LOG = logging.getLogger(__name__)

CONNECTIONS = 8
"""Links that are opened at once, each over a connection to the store of its own."""
_Opened = tuple[Group | None, Store | None] | Exception
"""A group with a peer, and the connection to the store by which it was opened; or neither; or what
is wrong with this worker itself."""


class Peers:
    """The links of a worker to others, with its rounds under one lock, that of ``changed``.

    ``deliver(peer, message)`` and ``lose(peer)`` are what :class:`.link.Link` calls; ``failed`` is
    told of an exception in a thread. ``largest`` is how many bytes a message may have.
    """

    def __init__(
        self,
        world: World,
        timeout: float,
        changed: Condition,
        deliver: Callable[[int, Message], None],
        lose: Callable[[int], None],
        failed: Failed,
    ) -> None:
        self.world, self.timeout, self.changed = world, timeout, changed
        self.deliver, self.lose, self.failed = deliver, lose, failed
        self.largest = LARGEST_MESSAGE
        self.links: dict[int, Link] = {}
        self.left: set[int] = set()
        self._threads: list[Thread] = []
        self._closed = False

    def connect(self, view: int, members: Iterable[int], new: Iterable[int]) -> set[int]:
        """Have a link to every other member of a view; return those to whom none could be opened.

        Links between those who are not ``new`` to it are kept.

        Raises:
            DistributedError: this worker cannot open any.
        """
        rank, ranks, joining = self.world.rank, list(members), set(new)
        others = set(ranks) - {rank}
        self.drop(self.links.keys() - others)
        unlinked = others if rank in joining else others & joining
        self.drop(self.links.keys() & unlinked)
        with self.changed:
            self.left -= unlinked  # who left before is back
        order = [peer for peer in round_robin(rank, ranks) if peer in unlinked]
        unopened: set[int] = set()
        errors: list[Exception] = []
        threads = [
            WatchedThread(
                f"links from {first}",
                errors.append,
                self._open_in_order,
                view,
                order[first::CONNECTIONS],
                unopened,
            )
            for first in range(min(CONNECTIONS, len(order)))
        ]
        for thread in threads:
            thread.start()
            self.keep_thread(thread)
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return unopened

    def drop(self, peers: Iterable[int]) -> None:
        """Close the links to some peers."""
        with self.changed:
            for peer in list(peers):
                self.links.pop(peer).close()

    def send(
        self, to: Iterable[int], kind: Kind, view: int, round_: int, payload: Tensor = NOTHING
    ) -> None:
        """Send a message to some peers."""
        with self.changed:
            for peer in to:
                self.links[peer].send(Message(kind, view, round_, payload))

    def keep_thread(self, thread: Thread) -> None:
        """Wait for a thread when this is closed."""
        with self.changed:
            self._threads = [known for known in self._threads if known.is_alive()]
            self._threads.append(thread)

    def close(self) -> None:
        """Close every link, and wait for the threads, as long as they may wait for a message."""
        with self.changed:
            self._closed = True
            self.drop(self.links.keys())
            threads, self._threads = self._threads, []
        until = time.monotonic() + self.timeout + 1
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _open_in_order(self, view: int, peers: Sequence[int], unopened: set[int]) -> None:
        """Open links one after the other; add those to ``unopened`` to whom it was in vain.

        Each in a thread of its own: over a way that is cut, gloo tries for long. It keeps its
        connection to the store busy meanwhile, so the next link gets another.
        """
        store: Store | None = None
        for peer in peers:
            opened: Queue[_Opened] = Queue()
            thread = WatchedThread(
                f"link to worker {peer} opens", opened.put, self._open, view, peer, store, opened
            )
            thread.start()
            self.keep_thread(thread)
            try:
                answer = opened.get(timeout=self.timeout / 2)
            except Empty:
                answer = None, None
            if isinstance(answer, Exception):
                raise answer
            group, store = answer
            if group is None or not self._add(peer, group):
                unopened.add(peer)

    def _open(self, view: int, peer: int, store: Store | None, opened: Queue[_Opened]) -> None:
        """Put a group of this worker and a peer, or None, and the connection that was used."""
        low, high = sorted((self.world.rank, peer))
        prefix = f"view/{view}/link/{low}-{high}"
        place = 0 if self.world.rank == low else 1
        try:
            store = store or self.world.connect()
            opened.put((self.world.open_group(store, prefix, place, 2), store))
        except RuntimeError as error:
            LOG.info("no link to worker %d: %s", peer, first_line(error))
            opened.put((None, None))

    def _add(self, peer: int, group: Group) -> bool:
        """Return whether the link did not break at once."""
        other = 1 if self.world.rank < peer else 0
        with self.changed:
            try:
                link = Link(
                    peer,
                    group,
                    other,
                    self.timeout,
                    self.deliver,
                    self.lose,
                    self.failed,
                    lambda: self.largest,
                )
            except RuntimeError:
                return False
            self.links[peer] = link
            self.keep_thread(link.thread)
            if self._closed:
                self.drop([peer])
        return True
