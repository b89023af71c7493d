"""``proxyless report``: a run as a page."""

from ..report import write_report
from . import options
from .output import show


def report(run: options.Run, json: options.Json = False) -> None:
    """Write a self-contained HTML page about a run: network, curves, latencies."""
    show("Report", {"page": str(write_report(run))}, json)
