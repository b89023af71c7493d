"""Network namespaces with a TUN device each: where the workers of an emulated network live.

Namespace ``i`` of a process has the address 10.99.0.(i+1) on ``wan0`` and reaches nothing but its
TUN device. As nothing leaves a namespace, networks of several processes use the same addresses.
Names carry process id and start time of the process they belong to, so that two never meet and
those of a dead one are known for what they are.

What is set in each namespace, apart from the address:

- TCP windows of up to 32 MB (``tcp_rmem``, ``tcp_wmem``), of which half is usable: 60 ms one way
  then allow 130 MB/s a connection. The initial window stays Linux's, and grows.
- ``tcp_slow_start_after_idle=0``: a connection that rested a second starts where it was, as whoever
  trains over such a link would set it.
- ``tcp_no_metrics_save=1``: no connection inherits what an earlier one found out.
- ``tcp_congestion_control``: cubic, Linux's default, whatever this machine's is; reno where the
  machine lets no namespace have cubic. Both take loss for congestion, as bbr does not.
- No IPv6: its neighbour messages would be counted.
- ``txqueuelen`` of 20000 packets, so that a burst is not lost before the router has seen it.
"""

import contextlib
import ctypes
import fcntl
import itertools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

DEVICE = "wan0"
PREFIX = "proxyless-wan"
MOST = 254
"""Workers that a /24 has addresses for."""
ROOTLESS = "unshare --map-root-user --net --mount sh -c 'mount -t tmpfs tmpfs /run && exec COMMAND'"
"""How anybody may have namespaces, where the kernel lets them have user namespaces."""

_FOLDER = Path("/run/netns")
_ETC = Path("/etc/netns")
_NAMED = 64
_TUN = Path("/dev/net/tun")
_QUEUE = 20_000
_SYSCTLS = {
    "ipv4/tcp_rmem": "4096 131072 33554432",
    "ipv4/tcp_wmem": "4096 16384 33554432",
    "ipv4/tcp_slow_start_after_idle": "0",
    "ipv4/tcp_no_metrics_save": "1",
}
_CONGESTION = "ipv4/tcp_congestion_control"
_LOSS_BASED = f"{{ echo cubic >{_CONGESTION}; }} 2>/dev/null || echo reno >{_CONGESTION}"
_NO_IPV6 = "if test -d ipv6; then echo 1 >ipv6/conf/all/disable_ipv6; fi"
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x1, 0x1000
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


def obstacle() -> str | None:
    """Return why there can be no namespaces here, in one sentence; None if there can be."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if shutil.which("ip") is None:
        return "the command ip is missing: install iproute2"
    if not _TUN.exists():
        return f"{_TUN} is missing: load the module tun, or give the container the device"
    name = f"{_owned()}-{next(_numbers)}"
    try:
        try:
            create(name, 0, 1500)
            os.close(attach(name))
        finally:
            remove(name)
    except OSError as error:
        return f"network namespaces are not permitted ({error}): run as root, or under: {ROOTLESS}"
    return None


def names(workers: int) -> list[str]:
    """Return names for namespaces of this process that were not given out before."""
    network = next(_numbers)
    return [f"{_owned()}-{network}-{worker}" for worker in range(workers)]


def address(worker: int) -> str:
    """Return the address of a worker within its namespace."""
    return f"10.99.0.{worker + 1}"


def create(name: str, worker: int, mtu: int) -> str:
    """Make a namespace with a TUN device and its address; ``mtu`` in bytes.

    Returns the congestion control of its TCP. Raises ``OSError`` with what the system said.
    """
    _ip("netns", "add", name)
    writes = [f"echo {value} >{key}" for key, value in _SYSCTLS.items()]
    steps = ["set -e", "cd /proc/sys/net", *writes, _LOSS_BASED, _NO_IPV6, f"cat {_CONGESTION}"]
    congestion_control = _ip("netns", "exec", name, "sh", "-c", "; ".join(steps)).strip()
    commands = [
        "link set lo up",
        f"tuntap add dev {DEVICE} mode tun",
        f"address add {address(worker)}/24 dev {DEVICE}",
        f"link set {DEVICE} mtu {mtu} txqueuelen {_QUEUE} up",
    ]
    _ip("-n", name, "-batch", "-", stdin="\n".join(commands))
    _name_addresses(name)
    return congestion_control


def _name_addresses(name: str) -> None:
    """Give every address a name: who asks for one would wait seconds for a DNS that is not there.

    Without root it stays so: the folder is not ours.
    """
    lines = ["127.0.0.1 localhost", *(f"{address(one)} worker-{one}" for one in range(_NAMED))]
    with contextlib.suppress(PermissionError):
        folder = _ETC / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hosts").write_text("\n".join(lines) + "\n")


def attach(name: str) -> int:
    """Open the TUN device of a namespace: packets are read from it and written to it.

    Returns a file descriptor that does not block. The calling thread is in the namespace meanwhile.
    """
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(_FOLDER / name, os.O_RDONLY)
    try:
        _enter(there)
        try:
            device = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
            request = struct.pack("16sH22x", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI)
            fcntl.ioctl(device, _TUNSETIFF, request)
        finally:
            _enter(home)
    finally:
        os.close(there)
        os.close(home)
    return device


def enter(name: str) -> None:
    """Move this process, which has one thread, into a namespace; raises ``OSError`` if it may not.

    Of what ``ip netns exec`` does, names of addresses and /sys stay those of where it was.
    """
    there = os.open(_FOLDER / name, os.O_RDONLY)
    try:
        _enter(there)
    finally:
        os.close(there)


def transferred(name: str) -> tuple[int, int]:
    """Return the bytes that a namespace's interface has sent and received, IP headers included."""
    (shown,) = json.loads(_ip("-n", name, "-s", "-j", "link", "show", DEVICE))
    return shown["stats64"]["tx"]["bytes"], shown["stats64"]["rx"]["bytes"]


def remove(name: str) -> None:
    """Kill what runs in a namespace, then remove it; nothing happens if there is none."""
    try:
        namespace = os.stat(_FOLDER / name)
    except FileNotFoundError:
        return
    _kill(name, namespace)
    _ip("netns", "delete", name)
    shutil.rmtree(_ETC / name, ignore_errors=True)
    _kill(name, namespace)  # what was about to enter; nothing can any more


def remove_stale() -> None:
    """Remove the namespaces whose process was killed before it could."""
    if not _FOLDER.exists():
        return
    folder = os.open(_FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # two would get in each other's way
        for path in _FOLDER.glob(f"{PREFIX}-*"):
            process, started = path.name.removeprefix(f"{PREFIX}-").split("-")[:2]
            if _started(process) != started:
                remove(path.name)
    finally:
        os.close(folder)


def _kill(name: str, namespace: os.stat_result) -> None:
    """Kill what is in a namespace, or is ``ip`` on its way there, and wait until it is gone."""
    deadline = time.monotonic() + 5
    while (found := _inside(name, namespace)) and time.monotonic() < deadline:
        for process in found:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.01)


def _inside(name: str, namespace: os.stat_result) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            entering = (folder / "cmdline").read_bytes().split(b"\0")[1:4]
            inside = os.path.samestat(os.stat(folder / "ns" / "net"), namespace)
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # ended, or not ours
            continue
        if inside or entering == [b"netns", b"exec", name.encode()]:
            found.append(int(folder.name))
    return found


def _owned() -> str:
    return f"{PREFIX}-{os.getpid()}-{_started('self')}"


def _started(process: str) -> str | None:
    """When a process started, in clock ticks since boot; None if it has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *numbers = text.rpartition(")")[2].split()
    return None if state in "ZX" else numbers[18]


def _enter(namespace: int) -> None:
    """Move the calling thread into a network namespace (``os.setns`` is there from 3.12 on)."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(["ip", *arguments], input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments[:3])}: {'; '.join(done.stderr.splitlines())}")
    return done.stdout
