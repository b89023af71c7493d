"""Keys of programs: those of their operations, or a digest of them."""

import re
from collections.abc import Sequence

from search_spaces import Operation
from search_spaces.files import sha256

DIGEST = re.compile("network-[0-9a-f]{16}")
"""Keys of networks as :func:`network_key` writes them; programs added by hand may have others."""


def network_key(operations: Sequence[Operation]) -> str:
    """Return the key of a network: a digest of the keys of its operations that take time."""
    keys = "|".join(operation.key for operation in operations if not operation.free)
    return f"network-{sha256(keys.encode())[:16]}"


def is_of(key: str, kind: str, operations: Sequence[Operation]) -> bool:
    """Return whether a program of these operations may have a key: whether it says no others."""
    if kind == "network":
        return DIGEST.fullmatch(key) is None or key == network_key(operations)
    if kind == "operation":
        return [operation.key for operation in operations] == [key]
    return True
