"""The runtimes by name: built-in or of installed packages, imported when they are used."""

from search_spaces import InputError
from search_spaces.registry import Registry

from .base import Runtime

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
    """Return the runtime called ``name``, even if it cannot run on this machine (see ``version``).

    Raises:
        InputError: the name is unknown, or the class is incomplete.
    """
    kind = RUNTIMES.load(name, Runtime)  # type: ignore[type-abstract]
    where = f"runtime {name!r} ({kind.__module__}:{kind.__qualname__})"
    missing = ", ".join(f"`{method}`" for method in sorted(kind.__abstractmethods__))
    if missing:
        raise InputError(f"{where} lacks {missing}: write it, or uninstall its package")
    if kind.name != name:
        raise InputError(f"{where} calls itself {kind.name!r}: give both the same name")
    return kind()


def available_runtimes() -> dict[str, Runtime]:
    """Return the runtimes that can run on this machine, by name."""
    available = {}
    for name in RUNTIMES.names():
        try:
            runtime = get_runtime(name)
            _ = runtime.version
        except InputError:
            continue
        available[name] = runtime
    return available
