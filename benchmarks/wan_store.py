"""The store of a run in an emulated network, as torchrun's first node keeps it."""

import sys
import threading
from datetime import timedelta

from torch.distributed import TCPStore

if __name__ == "__main__":
    store = TCPStore(
        sys.argv[1],
        int(sys.argv[2]),
        is_master=True,
        timeout=timedelta(seconds=30),
        wait_for_workers=False,
    )
    print("ready", flush=True)
    threading.Event().wait()
