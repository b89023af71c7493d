"""``proxyless demo``: everything, once."""

import contextlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from . import options
from .console import print_message, show
from .formatting import milliseconds
from .group import options_of_fields
from .progress import progress_bar


@options_of_fields(run="out")
def demo(
    out: Annotated[
        Path, typer.Option(help="Run directory; an earlier demo there is replaced.")
    ] = Path("runs/demo"),
    json: options.Json = False,
) -> None:
    """Profile this CPU, search a network for it on digits, train, export, verify and measure it."""
    with contextlib.ExitStack() as stack:

        def stage(name: str) -> Callable[..., None]:
            stack.close()
            if name in ("profile", "search", "train"):
                return stack.enter_context(progress_bar(name))
            print_message(name)
            return lambda *_: None

        from ..demonstration import demo as run_demo

        result = run_demo(out, stage)
    error = result.measured_ms / result.predicted_ms - 1
    facts = {
        "network": " ".join(result.architecture),
        "parameters": f"{result.parameters:,}",
        "test accuracy": f"{result.test_accuracy:.2%}",
        "target": milliseconds(result.target_ms),
        "predicted": milliseconds(result.predicted_ms),
        "measured": f"{milliseconds(result.measured_ms)} ({error:+.1%})",
        "PyTorch = ONNX Runtime": f"within {result.max_difference:.2g} in every logit",
        "model": result.model,
        "report": result.report,
    }
    show("Demo", facts, json, asdict(result))
