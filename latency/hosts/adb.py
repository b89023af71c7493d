"""An Android phone over ADB: TFLite's ``benchmark_model`` makes each measurement in a process.

Nothing must be installed on the phone: the models, and the binary if it is a local file, are pushed
to a folder of the shell user and removed after each plan.
"""

import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from search_spaces import InputError
from search_spaces.files import sha256

from ..runtimes import FileRuntime, Program, get_runtime, get_version
from ..timing.device import Device
from ..timing.measurement import Measurement, MeasurementPlan, now
from ..timing.settings import Settings
from . import benchmark_model
from .base import Host, connection_lost

FOLDER = "/data/local/tmp/proxyless"
RUNTIME = "litert"
PATIENCE_SECONDS = 300


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
            digest = sha256(Path(self.binary).read_bytes())
        else:
            done = self._adb("shell", f"sha256sum {shlex.quote(self.binary)}")
            if done.returncode != 0:
                raise InputError(
                    f"there is no benchmark_model at {self.binary}, neither here nor on {self}: "
                    "give a file here or a path there with `benchmark_model`"
                )
            digest = done.stdout.split()[0]
        return f"benchmark_model-{digest[:12]}"

    def device(self, runtime: str) -> Device:
        """The phone, as its system properties describe it."""
        self._check(runtime)
        return self._described

    def libraries(self, runtime: str) -> dict[str, str]:
        """The build of Android, by its fingerprint."""
        return {"android": self._properties.get("ro.build.fingerprint", "unnamed build")}

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
        cores = range(self._described.cores)[-settings.threads :]
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
                run = self._run(line, key)
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
            mend = mends.get(state, f"adb finds it in state {state!r}")
            raise InputError(f"{self} cannot be used, {mend}")

    def _state(self) -> str:
        lines = (line.split(maxsplit=1) for line in self._adb("devices").stdout.splitlines())
        states = {fields[0]: fields[1].strip() for fields in lines if len(fields) == 2}
        return states.get(self.serial, "absent")

    @cached_property
    def _properties(self) -> dict[str, str]:
        output = self._done("shell", "getprop").replace("\r\n", "\n")
        return dict(re.findall(r"^\[(.+?)\]: \[(.*)\]$", output, re.MULTILINE))

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
        present = self._done("shell", "cat /sys/devices/system/cpu/present").strip()
        memory = self._done("shell", "cat /proc/meminfo")
        return Device(
            name=f"{name}, {chip}" if chip else name,
            cores=int(present.rpartition("-")[2]) + 1,
            machine=machine,
            system=system,
            memory_bytes=int(memory.split()[1]) * 1024,
        )

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

    def _run(self, line: str, key: str) -> benchmark_model.Run:
        done = self._adb("shell", line)
        try:
            if done.returncode != 0:
                raise ValueError(benchmark_model.last_line(done.stdout) or _last_line(done.stderr))
            return benchmark_model.parse(done.stdout)
        except ValueError as error:
            if self._state() != "device":
                raise InputError(connection_lost(str(self), _last_line(done.stderr))) from None
            raise InputError(f"benchmark_model on {self} failed to time {key}: {error}") from None

    def _done(self, *arguments: str) -> str:
        done = self._adb(*arguments)
        if done.returncode == 0:
            return done.stdout
        reason = _last_line(done.stderr or done.stdout)
        if self._state() != "device":
            raise InputError(connection_lost(str(self), reason))
        raise InputError(f"`adb {arguments[0]}` failed on {self}: {reason}")

    def _adb(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        serial = [] if arguments == ("devices",) else ["-s", self.serial]
        try:
            return subprocess.run(
                ["adb", *serial, *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise InputError(
                "there is no program `adb` here: install Android's platform tools"
            ) from None
        except subprocess.TimeoutExpired:
            reason = f"no answer in {PATIENCE_SECONDS} s"
            raise InputError(connection_lost(str(self), reason)) from None


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1].strip() if lines else "no word from it"
