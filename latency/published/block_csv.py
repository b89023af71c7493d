"""Block tables as columns: ``block_name,latency(ms)``, with ProxylessNAS's keys."""

from .parsing import Rows
from .proxylessnas import ProxylessNAS


class BlockCSV(ProxylessNAS):
    """ProxylessNAS's keys in a column, latencies in others, mostly without spread or count."""

    name = "block-csv"

    def recognises(self, rows: Rows) -> bool:
        """Return whether rows have columns, and no key once-for-all's fields."""
        return rows.syntax == "columns" and not rows.has_fields("se", "hs")
