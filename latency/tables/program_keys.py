"""Keys of programs: those of their operations, or a digest of them."""

from collections.abc import Sequence

from search_spaces import Operation
from search_spaces.files import sha256


def network_key(operations: Sequence[Operation]) -> str:
    """Return the key of a network: a digest of the keys of its operations that take time."""
    keys = "|".join(operation.key for operation in operations if not operation.free)
    return f"network-{sha256(keys.encode())[:16]}"


def key_of(kind: str, operations: Sequence[Operation]) -> str | None:
    """Return the key that a program of these operations has; None where they do not say it."""
    if kind == "network":
        return network_key(operations)
    if kind == "operation":
        return operations[0].key if len(operations) == 1 else "not one operation"
    return None
