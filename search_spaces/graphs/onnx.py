"""Operations as an ONNX graph: float32, NCHW, batch norm folded, symmetric padding."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from ..layer import ConvLayer, Layer, LinearLayer, PoolLayer
from ..operations.base import Operation
from .lowerable import check_lowerable
from .scaling import Scaling
from .weights import Weights

OPSET = 21
"""Read by ONNX Runtime 1.18 and later. Newer opsets only add number formats to these operators."""
IR_VERSION = 10
INPUT = "images"
OUTPUT = "logits"


class _Graph:
    """Nodes and initialisers under construction."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add an initialiser and return its name."""
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name


def onnx_model(
    operations: Sequence[Operation],
    weights: Weights,
    batch: int | None = 1,
    scaling: Scaling | None = None,
) -> ModelProto:
    """Lower ``operations``, applied in sequence, to a self-contained ONNX model.

    Args:
        operations: at least one operation; zeros are skipped.
        weights: one (kernel, bias) per convolution and linear layer, in order.
        batch: the first dimension of input ``images`` (batch, C, H, W) and output ``logits``; None
            makes it dynamic.
        scaling: normalisation applied to the input, which then holds pixels of 0 to 255.
    """
    check_lowerable(operations, "ONNX model")
    graph = _Graph()
    graph.constant("zero", np.array(0, np.float32))
    graph.constant("six", np.array(6, np.float32))
    remaining = iter(weights)
    current = INPUT
    if scaling is not None:
        scale, offset = scaling.arrays(len(scaling.scale), 1, 1)
        current = graph.node("Mul", [current, graph.constant("scale", scale)], "scaled")
        current = graph.node("Add", [current, graph.constant("offset", offset)], "normalised")
    for number, operation in enumerate(operations):
        name = f"{operation.kind}{number}"
        output = current
        for position, layer in enumerate(operation.layers):
            output = _layer(graph, layer, f"{name}.{position}", output, remaining)
        current = (
            graph.node("Add", [current, output], f"{name}.add") if operation.residual else output
        )
    graph.node("Identity", [current], OUTPUT)
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "proxyless",
            [_value(INPUT, batch, operations[0].input_shape)],
            [_value(OUTPUT, batch, operations[-1].output_shape)],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="proxyless",
    )


def _layer(
    graph: _Graph,
    layer: Layer,
    name: str,
    current: str,
    weights: Iterator[tuple[np.ndarray, np.ndarray]],
) -> str:
    """Add a layer, which consumes ``weights`` if it has any; return the name of its output."""
    match layer:
        case ConvLayer():
            return _convolution(graph, layer, name, current, *next(weights))
        case PoolLayer():
            pooled = graph.node("GlobalAveragePool", [current], f"{name}.pool")
            return graph.node("Flatten", [pooled], f"{name}.flatten")
        case LinearLayer():
            kernel, bias = next(weights)
            inputs = [current, graph.constant(f"{name}.weight", kernel)]
            inputs.append(graph.constant(f"{name}.bias", bias))
            return graph.node("Gemm", inputs, f"{name}.linear", transB=1)


def _convolution(
    graph: _Graph,
    layer: ConvLayer,
    name: str,
    current: str,
    kernel: np.ndarray,
    bias: np.ndarray,
) -> str:
    inputs = [
        current,
        graph.constant(f"{name}.weight", kernel),
        graph.constant(f"{name}.bias", bias),
    ]
    current = graph.node(
        "Conv",
        inputs,
        f"{name}.conv",
        kernel_shape=[layer.kernel] * 2,
        strides=[layer.stride] * 2,
        pads=[layer.kernel // 2] * 4,
        group=layer.groups,
    )
    match layer.activation:
        case "relu6":
            return graph.node("Clip", [current, "zero", "six"], f"{name}.relu6")
        case "relu":
            return graph.node("Relu", [current], f"{name}.relu")
        case "none":
            return current


def _value(name: str, batch: int | None, shape: tuple[int, ...]) -> ValueInfoProto:
    first = "batch" if batch is None else batch
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, (first, *shape))
