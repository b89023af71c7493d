"""``python -m proxyless`` is the command ``proxyless``."""

from .cli import main

main()
