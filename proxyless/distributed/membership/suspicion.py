"""Whom a worker suspects: members of its view that are lost, or hold up a round."""

import time

from .commit_log import CommitLog
from .view import View

GRACE = 10
"""Timeouts that a worker which joins may take to fetch the state and send its first round."""


class Suspicion:
    """What worker ``rank`` holds against the members of its view.

    A member that holds up a round for ``timeout`` seconds is late. ``reasons`` says of each that
    was ever suspected why it was last.
    """

    def __init__(self, rank: int, timeout: float) -> None:
        self.rank, self.timeout = rank, timeout
        self.suspects: set[int] = set()
        self.reasons: dict[int, str] = {}
        self._joining: set[int] = set()
        self._heard: set[int] = set()
        self._began = 0.0

    def begin(self, view: View, lost: set[int]) -> None:
        """Begin a view to whose members ``lost`` no link could be opened."""
        self.suspects = set()
        self.suspect(lost, "no link to it could be opened")
        self._joining = set(view.joining) - {self.rank}
        self._heard.clear()
        self._began = time.monotonic()

    def suspect(self, members: set[int], reason: str) -> None:
        """Suspect some members."""
        self.reasons |= dict.fromkeys(members - self.suspects, reason)
        self.suspects |= members

    def hear(self, peer: int) -> None:
        """Note a round of a member; before the first of one that joined, nobody is late."""
        if peer in self._joining and peer not in self._heard:
            self._began = time.monotonic()
        self._heard.add(peer)

    def coming(self) -> set[int]:
        """Return the members that are still fetching the state, as they have sent nothing yet."""
        return self._joining - self._heard

    def suspect_late(self, log: CommitLog, oldest: int, since: float) -> set[int]:
        """Suspect those that have held up the oldest round, posted at ``since``, for too long.

        Who has only not acknowledged it may itself miss another's contribution. It says so after a
        timeout, and is believed: it is suspected only after a second one. Returns who is late.
        """
        waited = time.monotonic() - max(since, self._began)
        late: set[int] = set()
        if waited > self.timeout:
            late |= log.missing(oldest)
        if waited > 2 * self.timeout:
            late |= log.silent(oldest)
        if waited > GRACE * self.timeout or not late & self.coming():
            self.suspect(late, f"it held up a round for more than {self.timeout:g} s")
            return late
        return set()
