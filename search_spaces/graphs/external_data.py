"""Weights of an ONNX model that lie in files beside it: found, checked, and read.

A tensor names its file by a path. A stranger's model could name any file of this machine, so only
regular files in the model's own folder, or below it, are read.
"""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import onnx
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto

from ..errors import InputError, reason


def external_tensors(model: ModelProto) -> list[TensorProto]:
    """Return the tensors of a model whose numbers lie in other files.

    They may be anywhere: in subgraphs, functions, attributes, training graphs, and as values or
    indices of sparse tensors.
    """
    return [tensor for tensor in _tensors(model) if _is_external(tensor)]


def load_external_data(model: ModelProto, folder: Path) -> None:
    """Read the numbers of external tensors into the model; ``folder`` is that of its file.

    Raises:
        InputError: a tensor names a file outside of the folder, or one that cannot be read.
    """
    tensors = external_tensors(model)
    for tensor in tensors:
        _check_place(tensor, folder)
    for tensor in tensors:
        try:
            onnx.external_data_helper.load_external_data_for_tensor(tensor, str(folder))
        except (OSError, ValueError, onnx.checker.ValidationError) as error:
            raise InputError(f"it lacks its external data: {reason(error)}") from None


def _check_place(tensor: TensorProto, folder: Path) -> None:
    location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    shown = f"{location[:200]!r}"
    parts = PurePosixPath(location).parts
    leaves = ".." in parts or ".." in PureWindowsPath(location).parts
    absolute = PurePosixPath(location).is_absolute() or PureWindowsPath(location).anchor
    if not location or "\0" in location or leaves or absolute:
        raise InputError(
            f"a tensor's numbers are said to be in {shown}, outside of the model's folder: this is "
            "not read"
        )
    place = folder
    for part in parts:
        place = place / part
        try:
            mode = place.lstat().st_mode
        except OSError as error:
            raise InputError(
                f"it lacks its external data: {place}: {error.strerror or reason(error)}"
            ) from None
        if stat.S_ISLNK(mode):
            raise InputError(
                f"a tensor's numbers are said to be in {shown}, a symbolic link: this is not "
                "followed"
            )
    if not stat.S_ISREG(mode):
        raise InputError(f"a tensor's numbers are said to be in {shown}, which is no regular file")


def _is_external(tensor: TensorProto) -> bool:
    # ONNX Runtime goes by either.
    return tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data) > 0


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    yield from _of_graph(model.graph)
    for function in model.functions:
        yield from _of_nodes(function.node)
        yield from _of_attributes(function.attribute_proto)
    for training in model.training_info:
        yield from _of_graph(training.initialization)
        yield from _of_graph(training.algorithm)


def _of_graph(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _of_nodes(graph.node)


def _of_nodes(nodes: Iterable[Any]) -> Iterator[TensorProto]:
    for node in nodes:
        yield from _of_attributes(node.attribute)


def _of_attributes(attributes: Iterable[AttributeProto]) -> Iterator[TensorProto]:
    for attribute in attributes:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        if attribute.HasField("sparse_tensor"):
            yield from (attribute.sparse_tensor.values, attribute.sparse_tensor.indices)
        for sparse in attribute.sparse_tensors:
            yield from (sparse.values, sparse.indices)
        if attribute.HasField("g"):
            yield from _of_graph(attribute.g)
        for graph in attribute.graphs:
            yield from _of_graph(graph)
