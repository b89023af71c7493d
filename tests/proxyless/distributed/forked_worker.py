"""``proxyless`` as a worker that torchrun forked: it leaves what is torchrun's alone.

A program that torchrun starts has none of its connections and handles signals by itself.
"""

import os
import signal
import stat
import sys

from proxyless.cli import main


def release() -> None:
    """Let go of what the fork has of its parent. Descriptors stay taken: objects know them."""
    for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(os.devnull, "r+") as nothing:
        for number in map(int, os.listdir("/dev/fd")):
            if number > 2 and is_socket(number):
                os.dup2(nothing.fileno(), number)


def is_socket(number: int) -> bool:
    """Return whether a descriptor is of a socket; one that has been closed is not."""
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False


if __name__ == "__main__":
    release()
    try:
        main()
    except SystemExit as left:
        if left.code:
            sys.exit(left.code)  # torchrun takes any other return for a success
