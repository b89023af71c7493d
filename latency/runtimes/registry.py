"""The runtimes by name: built-in or of installed packages, imported when they are used."""

from search_spaces import InputError
from search_spaces.registry import PackageError, Registry

from .base import FileRuntime, Runtime

RUNTIMES = Registry(
    "runtime",
    "proxyless.runtimes",
    {
        "onnxruntime": "latency.runtimes.onnxruntime:OnnxRuntime",
        "litert": "latency.runtimes.litert:LiteRT",
        "torch-cpu": "latency.runtimes.torch_cpu:TorchCPU",
        "torch-cuda": "latency.runtimes.torch_cuda:TorchCUDA",
        "torch-cuda-graph": "latency.runtimes.torch_cuda:TorchCUDAGraph",
    },
)
"""Every runtime, by its name in options."""


def get_runtime(name: str) -> Runtime:
    """Return the runtime called ``name``, whether or not it can run here (see ``version``).

    Raises:
        InputError: the name is unknown, or the class of a package is incomplete or cannot be made.
    """
    runtime = RUNTIMES.create(name, Runtime)  # type: ignore[type-abstract]
    constants = ("name", "package", *(["suffix"] if isinstance(runtime, FileRuntime) else []))
    wrong = [constant for constant in constants if not _is_text(runtime, constant)]
    if wrong:
        raise RUNTIMES.fault(
            name, f"lacks the text {' and '.join(f'`{constant}`' for constant in wrong)}"
        )
    if runtime.name != name:
        raise RUNTIMES.fault(name, f"calls itself {runtime.name!r}, which must be the same name")
    return runtime


def get_version(runtime: Runtime) -> str:
    """Return the version of a runtime's engine.

    Raises:
        InputError: the engine is not installed, or cannot be used here.
    """
    with RUNTIMES.blaming(runtime.name, "has no version"):
        return runtime.version


def complete_runtimes() -> dict[str, Runtime]:
    """Return every runtime, whether or not it can run here, by name.

    One that cannot be used because its package is at fault is left out, with a warning.
    """
    complete = {}
    for name in RUNTIMES.names():
        try:
            complete[name] = get_runtime(name)
        except InputError as error:
            RUNTIMES.warn(f"left out: {error}")
    return complete


def available_runtimes() -> dict[str, Runtime]:
    """Return the runtimes that can run on this machine, by name."""
    available = {}
    for name, runtime in complete_runtimes().items():
        try:
            get_version(runtime)
            available[name] = runtime
        except PackageError as error:
            RUNTIMES.warn(f"left out: {error}")
        except InputError:  # its engine is not installed, or its device is not there
            continue
    return available


def _is_text(runtime: Runtime, constant: str) -> bool:
    value = getattr(runtime, constant, None)
    return isinstance(value, str) and bool(value)
