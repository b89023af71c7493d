"""``proxyless export``: a trained network as a file."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search_spaces.plain_text import quoted

from ..config import ExportConfig
from . import options
from .config_options import configured
from .config_sources import ConfigSources
from .console import show
from .formatting import milliseconds
from .progress import working

if TYPE_CHECKING:
    from ..deploy.export import Export


@configured(ExportConfig)
def export(
    run: options.Run,
    sources: ConfigSources,
    output: Annotated[
        Path | None, typer.Option(help="File to write; default: model.onnx (say) in the run.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Export the trained network of a run, verified before it is left.

    The file's logits are compared with PyTorch's on real images, its accuracy on the test images,
    and what a fresh process finds in it.
    """
    config: ExportConfig = sources.resolve()
    from ..deploy.export import export as run_export

    with working("export"):
        result = run_export(run, output=output, **vars(config))
    then = f"proxyless benchmark {quoted(Path(result.path))}"
    show("Export", _facts(result), json, asdict(result), then)


def _facts(result: "Export") -> dict[str, str]:
    facts = {
        "file": result.path,
        "size": f"{result.bytes / 1e6:.2f} MB",
        "largest difference to PyTorch": f"{result.max_difference:.2g} in a logit, "
        f"over {result.images_checked} images",
        "test accuracy": f"{result.test_accuracy:.2%} (PyTorch {result.pytorch_accuracy:.2%})",
        "in a fresh process": "the same logits to the last bit",
    }
    if result.measured is not None:
        facts["measured here"] = (
            f"{milliseconds(result.measured.best_ms)}, {result.measured.settings}"
        )
    if result.delegation is not None:
        left = ", ".join(sorted(set(result.delegation.left)))
        count = result.delegation.nodes - len(result.delegation.left)
        facts["run by XNNPACK"] = f"{count} of {result.delegation.nodes} nodes" + (
            f"; not {left}" if left else ""
        )
    return facts
