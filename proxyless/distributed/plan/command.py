"""The command that starts what was planned."""

from .codec import Codec
from .schedule import Schedule


def torchrun(workers: int) -> str:
    """Return what starts one of several workers; HOST, PORT and RANK are the user's."""
    return f"torchrun --nnodes {workers} --node-rank RANK --master-addr HOST --master-port PORT"


def command_line(workers: int, schedule: Schedule, codec: Codec) -> str:
    """Return what to type at each site; HOST, PORT and RANK (0 to J-1) are the user's."""
    words = [
        torchrun(workers),
        "-m proxyless search",
        f"--sync delayed --delay {schedule.delay} --period {schedule.period}",
        f"--codec {codec.name}",
    ]
    if codec.kept < 1:
        words.append(f"--kept {codec.kept:g}")
    return " ".join(words)
