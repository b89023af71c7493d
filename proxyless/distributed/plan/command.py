"""The command that starts what was planned."""

from .codec import Codec
from .schedule import Schedule


def command_line(workers: int, schedule: Schedule, codec: Codec) -> str:
    """Return what to type at each site; HOST, PORT and RANK (0 to J-1) are the user's."""
    words = [
        f"torchrun --nnodes {workers} --node-rank RANK --master-addr HOST --master-port PORT",
        "-m proxyless search",
        f"--sync delayed --delay {schedule.delay} --period {schedule.period}",
        f"--codec {codec.name}",
    ]
    if codec.kept < 1:
        words.append(f"--kept {codec.kept:g}")
    return " ".join(words)
