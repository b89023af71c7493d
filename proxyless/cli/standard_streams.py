"""Standard input, output and error: there, even where whoever started the program closed them."""

import os
import sys


def open_closed_streams() -> None:
    """Open what is closed of file descriptors 0 to 2, so that it reads nothing and says nothing.

    Python has None in place of such a stream, and the next file that is opened, a table perhaps,
    gets its number: what an engine prints would be written into that.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
