"""Whether what a file says of itself is true of its graph.

Metadata is text that anybody can write. A file that claims another network than it holds would be
given that network's time in PyTorch, and its prediction.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search_spaces import Architecture, InputError
from search_spaces.graphs.layers import layers_in, layers_of
from search_spaces.operations.registry import foreign_kinds

from .model_facts import ModelFacts

logger = logging.getLogger("proxyless.deploy")


@dataclass(frozen=True)
class Claims:
    """What is believed of what a file says; nothing of it where any of it is wrong.

    ``architecture`` is None also where it needs a package that is not installed here.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    facts: ModelFacts | None = None
    architecture: Architecture | None = None


def believed(
    path: Path,
    content: bytes,
    read: Callable[[], Mapping[str, Any]],
    shape: tuple[int, ...] | None,
) -> Claims:
    """Read what a file says of itself, and hold it against what the file is.

    ``read`` returns its metadata; ``shape`` is (C, H, W) of the images that the file takes, None if
    it takes no images. What cannot be believed is said in a warning; the file is then measured as
    anybody else's.
    """
    try:
        metadata = read()
        facts = ModelFacts.of_metadata(metadata)
        if facts is None:
            return Claims()
        architecture = _architecture(facts, str(path))
        if shape is not None:
            _check_images(facts, shape)
        if architecture is not None:
            _check_network(architecture, content, path.suffix, shape, facts)
    except InputError as error:
        logger.warning("what %s says of itself is not used: %s", path, error)
        return Claims()
    return Claims(metadata, facts, architecture)


def _architecture(facts: ModelFacts, subject: str) -> Architecture | None:
    if facts.architecture is None:
        return None
    try:
        return Architecture.from_json(json.dumps(facts.architecture), subject)
    except InputError:
        if foreign_kinds(facts.architecture.get("operations")):
            return None
        raise


def _check_images(facts: ModelFacts, shape: tuple[int, ...]) -> None:
    claimed = facts.input
    if claimed is not None and (claimed.channels, claimed.height, claimed.width) != shape:
        raise InputError("it claims to take other images than it does")
    normalisation = facts.normalisation
    if normalisation is not None and not (
        len(normalisation.mean) == len(normalisation.std) == shape[0]
    ):
        raise InputError("its mean and std are not of its channels")


def _check_network(
    architecture: Architecture,
    content: bytes,
    suffix: str,
    shape: tuple[int, ...] | None,
    facts: ModelFacts,
) -> None:
    if shape is not None and shape != architecture.input_shape:
        raise InputError("it claims a network for other images than it takes")
    if facts.classes is not None and len(facts.classes) != architecture.classes:
        raise InputError("it claims a network of another number of classes than it names")
    lowerable = all(operation.lowerable for operation in architecture.active)
    if not lowerable or layers_of(architecture.active) != layers_in(content, suffix):
        raise InputError("it claims another network than its layers are")
