"""What a worker runs to try a network: ``probe.py echo|ping|sink|pour ...``, results as JSON.

``echo PORT`` sends datagrams back. ``ping HOST PORT COUNT SECONDS`` prints the round trips of
numbered datagrams in ms, None for those that took longer than SECONDS or found nobody.
``sink PORT`` takes what one connection brings and prints bytes, SHA-256, and seconds from its
opening to its end. ``pour HOST PORT BYTES [MB_S]`` brings it, as fast as it goes or at a pace in
10^6 bytes a second.
"""

import hashlib
import json
import random
import socket
import sys
import time

CHUNK = 65_536


def echo(port: int) -> None:
    """Send every datagram back to where it came from; says ``ready`` first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.bind(("", port))
        print("ready", flush=True)
        while True:
            connection.sendto(*connection.recvfrom(CHUNK))


def ping(host: str, port: int, count: int, seconds: float) -> list[float | None]:
    """Return the round trip of each datagram in ms."""
    times: list[float | None] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.connect((host, port))
        for number in range(count):
            sent, message = time.perf_counter(), b"%64d" % number
            connection.send(message)
            times.append(None)
            while (left := sent + seconds - time.perf_counter()) > 0:
                connection.settimeout(left)
                try:
                    received = connection.recv(CHUNK)
                except (TimeoutError, ConnectionRefusedError):
                    break
                if received == message:  # not a late one
                    times[-1] = (time.perf_counter() - sent) * 1e3
                    break
            time.sleep(0.005)
    return times


def sink(port: int) -> dict[str, object]:
    """Return what came over one connection; says ``ready`` first."""
    digest, size = hashlib.sha256(), 0
    with socket.create_server(("", port)) as server:
        print("ready", flush=True)
        connection, _ = server.accept()
        start = time.perf_counter()
        with connection:
            while data := connection.recv(CHUNK):
                digest.update(data)
                size += len(data)
            seconds = time.perf_counter() - start
    return {"bytes": size, "sha256": digest.hexdigest(), "seconds": seconds}


def payload(size: int) -> bytes:
    """Return the bytes that are poured."""
    chunk = random.Random(0).randbytes(CHUNK - 1)  # no divisor of the size of anything
    return (chunk * (size // len(chunk) + 1))[:size]


def pour(host: str, port: int, size: int, mb_a_second: float | None = None) -> None:
    """Send bytes over one connection and wait until it is closed on the other side."""
    data = memoryview(payload(size))
    with socket.create_connection((host, port)) as connection:
        start = time.perf_counter()
        for sent in range(0, size, CHUNK):
            connection.sendall(data[sent : sent + CHUNK])
            if mb_a_second:
                due = start + (sent + CHUNK) / (mb_a_second * 1e6)
                time.sleep(max(0.0, due - time.perf_counter()))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)


def main(what: str, *arguments: str) -> None:
    """Do one of the four."""
    if what == "echo":
        echo(int(arguments[0]))
    elif what == "ping":
        host, port, count, seconds = arguments
        print(json.dumps(ping(host, int(port), int(count), float(seconds))))
    elif what == "sink":
        print(json.dumps(sink(int(arguments[0]))))
    else:
        host, port, size, *pace = arguments
        pour(host, int(port), int(size), *map(float, pace))


if __name__ == "__main__":
    main(*sys.argv[1:])
