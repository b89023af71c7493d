"""once-for-all's latency tables (mit-han-lab/once-for-all, ``ofa/tutorial/latency_table.py``).

Blocks are ``expanded_conv`` with the channels between expansion and projection after ``expand:``,
squeeze-and-excitation after ``se:`` and h-swish after ``hs:``; without h-swish they use ReLU.
Layers outside the blocks use h-swish or are single layers, so no operation corresponds to them.
Rows give ``count``, ``mean`` and ``std`` (ms).
"""

from search_spaces import Operation

from .base import Format
from .blocks import mobile_block
from .key import PublishedKey
from .parsing import Rows

BLOCK_FIELDS = ("expand", "kernel", "stride", "idskip", "se", "hs")


class OnceForAll(Format):
    """The YAML tables: a file per device and input size."""

    name = "once-for-all"

    def recognises(self, rows: Rows) -> bool:
        """Return whether some key has fields of this format."""
        return rows.has_fields("se", "hs")

    def operation(self, key: PublishedKey) -> Operation | None:
        """Return the block if it has ReLU and no squeeze-and-excitation; None for other keys."""
        if key.layer != "expanded_conv" or tuple(key.fields) != BLOCK_FIELDS:
            return None
        expansion, remainder = divmod(key.fields["expand"], key.input_shape[-1])
        if remainder or key.fields["se"] or key.fields["hs"]:
            return None
        return mobile_block(key, expansion, "relu")
