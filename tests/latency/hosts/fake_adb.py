"""Stands in for ``adb``: replays recordings, from the folder it lies in.

``state`` holds the phone's state; ``lost_after`` after how many timed runs it is gone; every
command goes to ``log``.
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).parent
SERIAL = "29555f15"
BINARY = "/data/local/tmp/benchmark_model"


def read(name: str) -> str:
    return (FOLDER / name).read_text()


def shell(command: str) -> int:
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
