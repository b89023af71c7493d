"""The runtimes by name; the engine of one is imported when it is asked for."""

from importlib import import_module

from search_spaces import InputError

from .base import Runtime

RUNTIMES: dict[str, str] = {
    "onnxruntime": "onnxruntime:OnnxRuntime",
    "litert": "litert:LiteRT",
    "torch-cpu": "torch_cpu:TorchCPU",
    "torch-cuda": "torch_cuda:TorchCUDA",
    "torch-cuda-graph": "torch_cuda:TorchCUDAGraph",
}
"""Every runtime's name, and the module and class here that it is."""


def get_runtime(name: str) -> Runtime:
    """Return the runtime called ``name``, whether or not it can run here (see ``version``)."""
    if name not in RUNTIMES:
        raise InputError(f"there is no runtime {name!r}: choose one of {', '.join(RUNTIMES)}")
    module, kind = RUNTIMES[name].split(":")
    runtime: Runtime = getattr(import_module(f".{module}", __package__), kind)()
    return runtime


def available_runtimes() -> dict[str, Runtime]:
    """Return the runtimes that can run on this machine, by name."""
    found = {}
    for name in RUNTIMES:
        runtime = get_runtime(name)
        try:
            _ = runtime.version
        except InputError:
            continue
        found[name] = runtime
    return found
