from .base import (
    Call as Call,
    FileRuntime as FileRuntime,
    ModuleRuntime as ModuleRuntime,
    Program as Program,
    Runtime as Runtime,
)
from .registry import (
    RUNTIMES as RUNTIMES,
    available_runtimes as available_runtimes,
    complete_runtimes as complete_runtimes,
    get_runtime as get_runtime,
    get_version as get_version,
)
