"""An Android phone over ADB: TFLite's ``benchmark_model`` makes each measurement in a process.

Nothing must be installed on the phone: the models, and the binary if it is a local file, are pushed
to a folder of the shell user and removed after each plan.
"""

import re
import shlex
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from search_spaces import InputError
from search_spaces.files import sha256
from search_spaces.outside import read_bytes

from ..runtimes import FileRuntime, Program, get_runtime, get_version
from ..timing.device import Device
from ..timing.measurement import Measurement, MeasurementPlan, now
from ..timing.settings import Settings
from . import benchmark_model, limits
from .base import Host, connection_lost
from .command import Answer, TooLongError, answer_of
from .words import last_line, words

FOLDER = "/data/local/tmp/proxyless"
RUNTIME = "litert"
_DIGEST = re.compile(r"\\?([0-9a-f]{1,64})(?=\s|$)")
_CORES = re.compile(r"\d{1,4}(?:-\d{1,4})?(?:,\d{1,4}(?:-\d{1,4})?){0,999}", re.ASCII)
_MEMORY = re.compile(r"^MemTotal:[ \t]{1,40}(\d{1,12}) kB", re.MULTILINE | re.ASCII)
LONGEST_PROPERTY = 300
NO_WORD = "no word from it"


class AdbHost(Host):
    """A phone by its serial; ``binary`` is ``benchmark_model``: a local file or a path on it.

    Raises:
        InputError: serial or binary is missing.
    """

    def __init__(self, serial: str, binary: str | None) -> None:
        if not serial or serial.startswith("-"):
            raise InputError(
                f"adb://{serial} names no phone: give a serial that `adb devices` lists"
            )
        if binary is None:
            raise InputError(
                f"adb://{serial} needs `benchmark_model`: the file of LiteRT's benchmark_model for "
                "Android, or its path on the phone"
            )
        self.serial = serial
        self.binary = binary

    def __str__(self) -> str:
        return f"phone {self.serial}"

    def version(self, runtime: str) -> str:
        """``benchmark_model-`` and the first digits of its SHA-256; the binary has no version."""
        self._check(runtime)
        if Path(self.binary).is_file():
            digest = sha256(read_bytes(Path(self.binary), "benchmark_model"))
        else:
            done = self._adb("shell", f"sha256sum {shlex.quote(self.binary)}")
            if done.status != 0:
                raise InputError(
                    f"there is no benchmark_model at {self.binary}, neither here nor on {self}: "
                    "give a file here or a path there with `benchmark_model`"
                )
            found = _DIGEST.match(done.output)
            if not found:
                raise InputError(
                    f"{self} answers `sha256sum` with '{words(done.output)}', which is no digest: "
                    "give `benchmark_model` as a file here"
                )
            digest = found[1]
        return f"benchmark_model-{digest[:12]}"

    def device(self, runtime: str) -> Device:
        """The phone, as its system properties describe it."""
        self._check(runtime)
        return self._described

    def libraries(self, runtime: str) -> dict[str, str]:
        """The build of Android, by its fingerprint."""
        fingerprint = self._properties.get("ro.build.fingerprint", "unnamed build")
        return {"android": self._text(fingerprint, "build fingerprint")}

    def measure(
        self, runtime: str, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
    ) -> Iterator[Measurement]:
        """Carry out a plan on the phone, with a process per measurement; yield each at once."""
        self._check(runtime)
        engine = get_runtime(runtime)
        assert isinstance(engine, FileRuntime)
        get_version(
            engine
        )  # raises if the package is missing: it lowers the graphs on this machine
        cores = self._cores[-settings.threads :]
        seconds = limits.measurement_seconds(settings)
        self._done("shell", f"rm -rf {FOLDER}; mkdir -p {FOLDER}")
        try:
            binary = self._pushed_binary()
            files: dict[str, str] = {}
            for program in programs:
                if program.key in plan.keys:
                    files[program.key] = f"{FOLDER}/{len(files)}.tflite"
                    self._push(engine.model(program, settings), files[program.key])
            for number, key in plan.order():
                line = benchmark_model.command(binary, files[key], settings.threads, cores)
                run = self._run(line, key, seconds)
                yield Measurement(
                    program=key,
                    process=plan.process,
                    round=number,
                    minimum_ms=run.minimum_ms,
                    median_ms=run.median_ms,
                    cpu_ms=run.cpu_ms / run.calls,
                    calls=run.calls,
                    switches=run.switches,
                    measured_at=now(),
                )
        finally:
            self._adb(
                "shell", f"rm -rf {FOLDER}"
            )  # fails without effect if the phone is disconnected

    def _check(self, runtime: str) -> None:
        if runtime != RUNTIME:
            raise InputError(
                f"runtime {runtime} cannot be profiled on a phone: `host` adb://{self.serial} "
                f"goes with `runtime` {RUNTIME}"
            )
        state = self._state()
        mends = {
            "absent": "`adb devices` does not list it: plug it in and allow USB debugging",
            "unauthorized": "it has not authorised this computer: confirm the dialog on its screen",
            "offline": "it is offline: plug it in again, or `adb kill-server`",
        }
        if state != "device":
            mend = mends.get(state, f"adb finds it in state '{words(state)}'")
            raise InputError(f"{self} cannot be used, {mend}")

    def _state(self) -> str:
        lines = (line.split(maxsplit=1) for line in self._adb("devices").output.splitlines())
        states = {fields[0]: fields[1].strip() for fields in lines if len(fields) == 2}
        return states.get(self.serial, "absent")

    @cached_property
    def _properties(self) -> dict[str, str]:
        properties = {}
        for line in self._done("shell", "getprop").splitlines():
            name, separator, value = line.strip().partition("]: [")
            if separator and name.startswith("[") and value.endswith("]"):
                properties[name[1:]] = value[:-1]
        return properties

    @cached_property
    def _cores(self) -> list[int]:
        """The numbers of the phone's cores, in order."""
        text = self._done("shell", "cat /sys/devices/system/cpu/present").strip()
        if not _CORES.fullmatch(text):
            raise InputError(
                f"{self} lists its cores as '{words(text)}', which is no list of cores"
            )
        cores: set[int] = set()
        for part in text.split(","):
            first, _, last = part.partition("-")
            cores.update(range(int(first), int(last or first) + 1))
        if not cores:
            raise InputError(
                f"{self} lists its cores as '{words(text)}', which is no list of cores"
            )
        return sorted(cores)

    @cached_property
    def _described(self) -> Device:
        properties = self._properties
        chip = properties.get("ro.soc.model") or properties.get("ro.board.platform")
        try:
            name = f"{properties['ro.product.manufacturer']} {properties['ro.product.model']}"
            machine = properties["ro.product.cpu.abi"]
            system = f"Android {properties['ro.build.version.release']}"
        except KeyError as missing:
            raise InputError(
                f"{self} does not tell {missing}: `getprop` there is cut short"
            ) from None
        memory = _MEMORY.search(self._done("shell", "cat /proc/meminfo"))
        if not memory:
            raise InputError(f"{self} does not tell its memory: /proc/meminfo has no MemTotal")
        return Device(
            name=self._text(f"{name}, {chip}" if chip else name, "name"),
            cores=len(self._cores),
            machine=self._text(machine, "processor"),
            system=self._text(system, "release"),
            memory_bytes=int(memory[1]) * 1024,
        )

    def _text(self, value: str, what: str) -> str:
        """Return a property that a table keeps; refuse what is no line of text."""
        if len(value) > LONGEST_PROPERTY or any(unicodedata.category(one) == "Cc" for one in value):
            raise InputError(
                f"{self} tells '{words(value)}' as its {what}, which is no line of text of at most "
                f"{LONGEST_PROPERTY} characters: see what `getprop` says there"
            )
        return value

    def _pushed_binary(self) -> str:
        if not Path(self.binary).is_file():
            return shlex.quote(self.binary)
        pushed = f"{FOLDER}/benchmark_model"
        self._done("push", self.binary, pushed)
        self._done("shell", f"chmod 755 {pushed}")
        return pushed

    def _push(self, model: bytes, path: str) -> None:
        with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
            file.write(model)
            file.flush()
            self._done("push", file.name, path)

    def _run(self, line: str, key: str, seconds: float) -> benchmark_model.Run:
        done = self._adb("shell", line, seconds=seconds)
        try:
            if done.status != 0:
                raise ValueError(
                    benchmark_model.last_line(done.output) or last_line(done.errors) or NO_WORD
                )
            return benchmark_model.parse(done.output)
        except ValueError as error:
            if self._state() != "device":
                reason = last_line(done.errors) or NO_WORD
                raise InputError(connection_lost(str(self), reason)) from None
            raise InputError(f"benchmark_model on {self} failed to time {key}: {error}") from None

    def _done(self, *arguments: str) -> str:
        done = self._adb(*arguments)
        if done.status == 0:
            return done.output
        reason = last_line(done.errors or done.output) or NO_WORD
        if self._state() != "device":
            raise InputError(connection_lost(str(self), reason))
        raise InputError(f"`adb {arguments[0]}` failed on {self}: {reason}")

    def _adb(self, *arguments: str, seconds: float | None = None) -> Answer:
        serial = [] if arguments == ("devices",) else ["-s", self.serial]
        usual = limits.TRANSFER_SECONDS if arguments[0] == "push" else limits.QUERY_SECONDS
        try:
            return answer_of(["adb", *serial, *arguments], seconds or usual)
        except FileNotFoundError:
            raise InputError(
                "there is no program `adb` here: install Android's platform tools"
            ) from None
        except TooLongError as error:
            raise InputError(connection_lost(str(self), str(error))) from None
