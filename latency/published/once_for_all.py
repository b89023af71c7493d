"""once-for-all's latency tables (mit-han-lab/once-for-all, ``ofa/tutorial/latency_table.py``).

Blocks are ``expanded_conv`` with the channels between expansion and projection after ``expand:``,
squeeze-and-excitation after ``se:`` and h-swish after ``hs:``; without h-swish they use ReLU.
Layers outside the blocks use h-swish or are single layers, so no operation corresponds to them.
Rows give ``count``, ``mean`` and ``std`` (ms).
"""

import re

from search_spaces import InputError, Operation

from .base import Format, PublishedEntry, milliseconds, samples, spread
from .blocks import mobile_block
from .key import PublishedKey
from .yaml_table import read_yaml_table

BLOCK_FIELDS = ("expand", "kernel", "stride", "idskip", "se", "hs")


class OnceForAll(Format):
    """The YAML tables: a file per device and input size."""

    name = "once-for-all"

    def recognises(self, text: str) -> bool:
        """Return whether a line begins with a key that has fields of this format."""
        return bool(re.search(r"^['\"]?\w+-input:\S*-(se|hs):", text, re.MULTILINE))

    def read(self, text: str, source: str) -> list[PublishedEntry]:
        """Read ``mean``, and ``std`` and ``count`` if they are present."""
        entries = []
        for key, row in read_yaml_table(text, source).items():
            place = f"{source}, key {key}"
            if "mean" not in row:
                raise InputError(f"{place} has no `mean`")
            entries.append(
                PublishedEntry(
                    key,
                    milliseconds(row["mean"], f"{place}, mean"),
                    spread(row.get("std", 0.0), f"{place}, std"),
                    samples(row.get("count", 1), f"{place}, count"),
                )
            )
        return entries

    def operation(self, key: PublishedKey) -> Operation | None:
        """Return the block if it has ReLU and no squeeze-and-excitation; None for other keys."""
        if key.layer != "expanded_conv" or tuple(key.fields) != BLOCK_FIELDS:
            return None
        expansion, remainder = divmod(key.fields["expand"], key.input_shape[-1])
        if remainder or key.fields["se"] or key.fields["hs"]:
            return None
        return mobile_block(key, expansion, "relu")
