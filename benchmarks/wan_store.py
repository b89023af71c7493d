"""The store of a run in an emulated network, as torchrun's first node keeps it."""

import sys
import threading
from datetime import timedelta

from torch.distributed import TCPStore


def main(host: str, port: int) -> None:
    """Keep a store until ended."""
    store = TCPStore(
        host, port, is_master=True, timeout=timedelta(seconds=30), wait_for_workers=False
    )
    print(f"the store is at {store.host}:{store.port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
