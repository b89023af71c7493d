"""The addresses by which gloo connects, checked: it reads them out of the store as they stand.

gloo takes lengths within them at their word, so that an empty one ends the process, and a text asks
for any amount of memory.
"""

from datetime import timedelta

from torch.distributed import Store

LONGEST_NAME = 255
"""Bytes of a machine's name, with which an address begins."""
LENGTH = 8
"""Bytes of a number in it."""


class UnreadableAddressError(RuntimeError):
    """What the store has as the address of a peer is none: as if the peer could not be reached."""


class AddressStore(Store):
    """What gloo sees of a store: a worker sets its own address, and gets those of others.

    An address is a machine's name and a socket's address, each after its length, and numbers of
    connections, which are as many for every member of a group: so all of it but the name is as
    long as in this worker's own.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self._own = b""

    def set(self, key: str, value: bytes) -> None:  # type: ignore[override]
        """Set this worker's address."""
        self._own = bytes(value)
        self.store.set(key, value)  # type: ignore[arg-type]

    def wait(self, keys: list[str], timeout: timedelta | None = None) -> None:
        """Wait for addresses."""
        if timeout is None:
            self.store.wait(keys)
        else:
            self.store.wait(keys, timeout)

    def get(self, key: str) -> bytes:
        """Return an address.

        Raises:
            UnreadableAddressError: it is none.
        """
        value = bytes(self.store.get(key))
        if _without_name(value) != _without_name(self._own):
            raise UnreadableAddressError(
                f"the store has {len(value)} bytes under {key}, which are no address of a worker"
            )
        return value


def _without_name(address: bytes) -> tuple[int, bytes] | None:
    """Return how long the rest of an address is, and how it begins: with a length and a family."""
    name = int.from_bytes(address[:LENGTH], "little")
    start = LENGTH + name
    if len(address) < 2 * LENGTH or not name <= LONGEST_NAME or len(address) <= start:
        return None
    return len(address) - start, address[start : start + LENGTH]
