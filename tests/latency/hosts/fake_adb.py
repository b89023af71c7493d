"""Stands in for ``adb``: replays recordings, or lies, from the folder it lies in.

``state`` holds the phone's state; ``lost_after`` after how many timed runs it is gone; every
command goes to ``log``. A file named after a command, as ``getprop``, is its whole answer;
``endless`` and ``hangs`` hold the names of commands that do so.
"""

import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent
SERIAL = "29555f15"
BINARY = "/data/local/tmp/benchmark_model"


def read(name: str) -> str:
    return (FOLDER / name).read_text()


def listed(name: str, word: str) -> bool:
    return (FOLDER / name).is_file() and word in read(name).split()


def shell(command: str) -> int:
    word = "present" if command.endswith("present") else command.split("/")[-1].split()[0]
    word = command.split()[0] if command.split()[0] != "cat" else word
    if listed("hangs", word):
        time.sleep(3600)
    if listed("endless", word):
        try:
            while True:
                sys.stdout.write("[a]: [b]\n" * 1000)
        except BrokenPipeError:
            return 0
    if (FOLDER / word).is_file():
        sys.stdout.write(read(word))
        return 0
    match command.split()[0]:
        case "getprop":
            sys.stdout.write(read("getprop.txt"))
        case "cat" if command.endswith("present"):
            print("0-8")
        case "cat":
            print("MemTotal:       11833344 kB\nMemFree:          218784 kB")
        case "sha256sum":
            if command.split()[1] != BINARY:
                print(
                    f"sha256sum: {command.split()[1]}: No such file or directory", file=sys.stderr
                )
                return 1
            print(f"{'0123456789abcdef' * 4}  {BINARY}")
        case "toybox":
            runs = len([line for line in read("log").splitlines() if "shell toybox" in line])
            if runs > int(read("lost_after")):
                (FOLDER / "state").write_text("absent")
                return refuse()
            sys.stdout.write(read("output"))
            return int(read("status"))
    return 0


def refuse() -> int:
    print(f"error: device '{SERIAL}' not found", file=sys.stderr)
    return 1


def main() -> int:
    arguments = sys.argv[1:]
    with open(FOLDER / "log", "a") as log:
        log.write(" ".join(arguments) + "\n")
    state = read("state")
    if arguments == ["devices"]:
        if listed("hangs", "devices"):
            time.sleep(3600)
        if (FOLDER / "devices").is_file():
            sys.stdout.write(read("devices"))
            return 0
        print("* daemon not running; starting now at tcp:5037\n* daemon started successfully")
        print("List of devices attached\nemulator-5554\tdevice")
        if state != "absent":
            print(f"{SERIAL}\t{state}")
        print()
        return 0
    if arguments[:2] != ["-s", SERIAL] or state != "device":
        return refuse()
    if arguments[2] == "push":
        assert Path(arguments[3]).stat().st_size
        print(f"{arguments[3]}: 1 file pushed, 0 skipped.")
        return 0
    return shell(arguments[3])


sys.exit(main())
