"""The commands that add to a run what it has not yet."""

import shlex

from ..deploy.export import FORMATS
from ..deploy.export.formats import Format
from .run import Run


def search_command(run: Run) -> str:
    """Return what searches for a time: beside the run, whose network it would replace."""
    return f"proxyless search --target-ms MS --out {shlex.quote(f'{run.path}-searched')}"


def train_command(run: Run) -> str:
    """Return what trains the run's network."""
    return f"proxyless train {_quoted(run)}"


def export_command(run: Run) -> str:
    """Return what makes a file that runs where predictions are for."""
    kind = _format(run)
    option = "" if kind == FORMATS["onnx"] else f" --format {kind.name}"
    return f"proxyless export {_quoted(run)}{option}"


def benchmark_command(run: Run) -> str:
    """Return what measures that file under the conditions that predictions are for."""
    file = shlex.quote(str(run.path / _format(run).file_name))
    settings = run.search.result.settings if run.search else None
    threads = f" --threads {settings.threads}" if settings and settings.threads != 1 else ""
    batch = f" --batch {settings.batch}" if settings and settings.batch != 1 else ""
    return f"proxyless benchmark {file}{threads}{batch}"


def commands_to_measure(run: Run) -> tuple[str, ...]:
    """Return every command from what the run has to a measurement that a prediction is of."""
    exported = (run.path / _format(run).file_name).is_file()
    missing = (
        (run.training is None, train_command(run)),
        (not exported, export_command(run)),
        (True, benchmark_command(run)),
    )
    return tuple(command for needed, command in missing if needed)


def _format(run: Run) -> Format:
    """Return the format that predictions are for; ONNX, which PyTorch's are measured with too."""
    if run.search is None:
        return FORMATS["onnx"]
    result = run.search.result
    wanted = (result.runtime, result.settings.dtype)
    fitting = (kind for kind in FORMATS.values() if (kind.runtime, kind.dtype) == wanted)
    return next(fitting, FORMATS["onnx"])


def _quoted(run: Run) -> str:
    return shlex.quote(str(run.path))
