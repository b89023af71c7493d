"""The commands that add missing parts to a run."""

from pathlib import Path

from search_spaces.plain_text import quoted

from ..deploy.export import FORMATS
from ..deploy.export.formats import Format
from .run import Run


def search_command(run: Run) -> str:
    """Return the command of a search for a time, in a new run so that this network is kept."""
    return f"proxyless search --target-ms MS --out {quoted(Path(f'{run.path}-searched'))}"


def train_command(run: Run) -> str:
    """Return the command that trains the run's network."""
    return f"proxyless train {_quoted(run)}"


def export_command(run: Run) -> str:
    """Return the command that exports a file for the runtime that predictions are for."""
    kind = _format(run)
    option = "" if kind == FORMATS["onnx"] else f" --format {kind.name}"
    return f"proxyless export {_quoted(run)}{option}"


def benchmark_command(run: Run) -> str:
    """Return the command that measures that file under the conditions of the predictions."""
    file = quoted(run.path / _format(run).file_name)
    settings = run.search.result.settings if run.search else None
    threads = f" --threads {settings.threads}" if settings and settings.threads != 1 else ""
    batch = f" --batch {settings.batch}" if settings and settings.batch != 1 else ""
    return f"proxyless benchmark {file}{threads}{batch}"


def commands_to_measure(run: Run) -> tuple[str, ...]:
    """Return the commands that lead to a measurement comparable with the prediction."""
    exported = (run.path / _format(run).file_name).is_file()
    missing = (
        (run.training is None, train_command(run)),
        (not exported, export_command(run)),
        (True, benchmark_command(run)),
    )
    return tuple(command for needed, command in missing if needed)


def _format(run: Run) -> Format:
    """Return the format that predictions are for; ONNX if no format has their runtime and dtype."""
    if run.search is None:
        return FORMATS["onnx"]
    result = run.search.result
    target = (result.runtime, result.settings.dtype)
    fitting = (kind for kind in FORMATS.values() if (kind.runtime, kind.dtype) == target)
    return next(fitting, FORMATS["onnx"])


def _quoted(run: Run) -> str:
    return quoted(run.path)
