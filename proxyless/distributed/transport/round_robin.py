"""In which order workers connect, so that every two have a link."""

from collections.abc import Iterable


def round_robin(rank: int, ranks: Iterable[int]) -> list[int]:
    """Return the others in an order in which all can connect: in each round, pairs of them.

    Round robin by the circle method: the first stays, the rest move on by one place a round.
    """
    nobody = -1
    seats = sorted(ranks)
    if len(seats) % 2:
        seats.append(nobody)
    order = []
    for _ in range(len(seats) - 1):
        partner = seats[len(seats) - 1 - seats.index(rank)]
        if partner != nobody:
            order.append(partner)
        seats.insert(1, seats.pop())
    return order
