"""The zoo: models with cards, as files other people's tools accept."""

from .card import Card
from .page import write_pages
from .publishing import measure, publish
from .verifying import Verified, verify
from .zoo import Zoo, load, load_architecture

__all__ = [
    "Card",
    "Verified",
    "Zoo",
    "load",
    "load_architecture",
    "measure",
    "publish",
    "verify",
    "write_pages",
]
