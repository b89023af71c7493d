"""One self-contained page about one run: the network, its search, its training, its speed."""

from .page import write_report

__all__ = ["write_report"]
