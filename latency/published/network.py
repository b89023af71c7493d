"""The latency of a network given by published keys."""

from collections.abc import Iterable

from search_spaces import InputError

from ..prediction.predictor import Predictor
from ..tables.table import Table
from .formats import FORMATS
from .key import PublishedKey


def published_network(predictor: Predictor, keys: Iterable[str]) -> float:
    """Return the milliseconds of the network whose layers have these keys.

    A key counts as often as it occurs. Keys with ``se:`` and ``hs:`` are read as once-for-all's,
    others as ProxylessNAS's; the profile may be imported or measured.

    Raises:
        InputError: a key is not a published one, or the profile has no entry for it.
    """
    with Table.read(predictor.path) as table:
        foreign = table.entries(predictor.info.id, "foreign")
    total = predictor.overhead
    for text in keys:
        key = PublishedKey.parse(text)
        if (found := foreign.get(text) or foreign.get(str(key))) is not None:
            total += found.milliseconds
            continue
        chosen = "once-for-all" if {"se", "hs"} & set(key.fields) else "proxylessnas"
        operation = FORMATS[chosen].operation(key)
        if operation is None or operation.key not in predictor.entries:
            raise InputError(
                f"table {predictor.path} has no entry for {text} ({predictor.info}): "
                "a network with it cannot be summed from this table"
            )
        total += predictor.milliseconds(operation)
    return total
