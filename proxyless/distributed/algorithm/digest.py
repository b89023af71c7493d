"""Digests of states: equal where everything in them is equal, to the last bit."""

import hashlib

from torch import Tensor, uint8


def digest(state: object) -> str:
    """Return the SHA-256 of a state: numbers, texts and tensors in dictionaries and lists."""
    sha256 = hashlib.sha256()
    _add(state, sha256)
    return sha256.hexdigest()


def _add(state: object, sha256: "hashlib._Hash") -> None:
    if isinstance(state, Tensor):
        sha256.update(str((state.dtype, tuple(state.shape))).encode())
        sha256.update(state.detach().cpu().contiguous().view(-1).view(uint8).numpy().data)
    elif isinstance(state, dict):
        for key in sorted(state, key=str):
            sha256.update(str(key).encode())
            _add(state[key], sha256)
    elif isinstance(state, list | tuple):
        sha256.update(str(len(state)).encode())
        for element in state:
            _add(element, sha256)
    else:
        sha256.update(repr(state).encode())
