"""The convolutions and linear layers that a model file really holds, and those of a network."""

from collections.abc import Iterable, Sequence
from typing import Any

import onnx
from onnx import GraphProto, NodeProto

from ..errors import InputError, reason
from ..layer import ConvLayer, LinearLayer
from ..operations.base import Operation
from .metadata import DAMAGE
from .tflite_schema import tflite_schema

FileLayer = tuple[tuple[int, ...], int]
"""Shape of the weights, (out, in / groups, kernel, kernel) or (out, in), and the stride."""

_ONNX_CONVOLUTIONS = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3}
_ONNX_LINEAR = {"Gemm": 1, "MatMul": 1, "MatMulInteger": 1, "QLinearMatMul": 3}
"""Operators by the place of the weights among their inputs."""


def layers_of(operations: Iterable[Operation]) -> list[FileLayer]:
    """Return the layers with weights of operations, in order, as a file of them holds them."""
    layers: list[FileLayer] = []
    for operation in operations:
        for layer in operation.layers:
            if isinstance(layer, ConvLayer):
                layers.append((layer.weight_shape, layer.stride))
            elif isinstance(layer, LinearLayer):
                layers.append(((layer.out_features, layer.in_features), 1))
    return layers


def layers_in(content: bytes, suffix: str) -> list[FileLayer]:
    """Return the layers with weights of a model file, in the order of its graph.

    Raises:
        InputError: it is no such file.
    """
    try:
        return _of_onnx(content) if suffix == ".onnx" else _of_tflite(content)
    except DAMAGE[suffix] as error:
        raise InputError(f"this is no {suffix} file: {reason(error)}") from None


def _of_onnx(content: bytes) -> list[FileLayer]:
    graph = onnx.load_from_string(content).graph
    shapes = _onnx_shapes(graph)
    layers: list[FileLayer] = []
    for node in graph.node:
        place = _ONNX_CONVOLUTIONS.get(node.op_type, _ONNX_LINEAR.get(node.op_type))
        if place is None or len(node.input) <= place:
            continue
        shape = shapes.get(node.input[place])
        if shape is None:
            continue  # computed: no layer with weights
        if node.op_type in _ONNX_CONVOLUTIONS:
            layers.append((shape, max(_integers(node, "strides"), default=1)))
        else:
            transposed = node.op_type == "Gemm" and _integers(node, "transB") == [1]
            layers.append((shape if transposed else shape[::-1], 1))
    return layers


def _onnx_shapes(graph: GraphProto) -> dict[str, tuple[int, ...]]:
    """Return the shapes of constants, also of those that are dequantised first."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            for attribute in node.attribute:
                if attribute.name == "value":
                    shapes[node.output[0]] = tuple(attribute.t.dims)
        elif node.op_type == "DequantizeLinear" and node.input and node.input[0] in shapes:
            shapes[node.output[0]] = shapes[node.input[0]]
    return shapes


def _integers(node: NodeProto, name: str) -> list[int]:
    for attribute in node.attribute:
        if attribute.name == name:
            return list(attribute.ints) or [attribute.i]
    return []


def _of_tflite(content: bytes) -> list[FileLayer]:
    schema = tflite_schema()
    model = schema.Model.GetRootAs(content)
    graph = model.Subgraphs(0)
    codes, options = schema.BuiltinOperator, schema.BuiltinOptions
    layers: list[FileLayer] = []
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        entry = model.OperatorCodes(operator.OpcodeIndex())
        code = max(entry.BuiltinCode(), entry.DeprecatedBuiltinCode())
        if code not in (codes.CONV_2D, codes.DEPTHWISE_CONV_2D, codes.FULLY_CONNECTED):
            continue
        weights = graph.Tensors(operator.Inputs(1))
        shape = [int(weights.Shape(place)) for place in range(weights.ShapeLength())]
        if code == codes.FULLY_CONNECTED:
            layers.append((tuple(shape), 1))
            continue
        table, kind = operator.BuiltinOptions(), operator.BuiltinOptionsType()
        known = options.Conv2DOptions if code == codes.CONV_2D else options.DepthwiseConv2DOptions
        if len(shape) != 4 or table is None or kind != known:
            raise ValueError("a convolution lacks its options")
        shape = _ordered(shape, code == codes.DEPTHWISE_CONV_2D)
        layers.append((tuple(shape), _stride(schema, table, kind)))
    return layers


def _ordered(shape: Sequence[int], depthwise: bool) -> list[int]:
    """Return (out, in / groups, height, width) of a kernel in TFLite's order."""
    first, height, width, last = shape
    return [last, first, height, width] if depthwise else [first, last, height, width]


def _stride(schema: Any, table: Any, kind: int) -> int:
    options = schema.BuiltinOptions
    held = schema.Conv2DOptions if kind == options.Conv2DOptions else schema.DepthwiseConv2DOptions
    opened = held()
    opened.Init(table.Bytes, table.Pos)
    return int(max(opened.StrideH(), opened.StrideW()))
