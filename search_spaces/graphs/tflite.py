"""Operations as a TFLite flatbuffer: float32, NHWC, batch norm folded.

TFLite's SAME padding is not symmetric if the stride is 2 and the side is even, so such a layer
gets an explicit PAD, whose time on the device counts towards the operation.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..layer import Activation, ConvLayer, LinearLayer, PoolLayer
from ..operations.base import Operation
from .lowerable import check_lowerable
from .scaling import Scaling
from .tflite_schema import packed, tflite_schema
from .weights import Weights

SIGNATURE = "serving_default"
INPUT = "images"
OUTPUT = "logits"

_ACTIVATIONS: dict[Activation, str] = {"relu6": "RELU6", "relu": "RELU", "none": "NONE"}
"""The name of each activation in TFLite's schema."""


class _Graph:
    """Tensors, buffers and operators under construction."""

    def __init__(self) -> None:
        self.schema = tflite_schema()
        self.codes = self.schema.BuiltinOperator
        self.options = self.schema.BuiltinOptions
        self.model = self.schema.ModelT()
        self.model.version = 3
        self.model.description = b"proxyless"
        self.model.buffers = [self.schema.BufferT()]
        self.model.operatorCodes = []
        self.subgraph = self.schema.SubGraphT()
        self.subgraph.tensors = []
        self.subgraph.operators = []
        self.model.subgraphs = [self.subgraph]
        self._positions: dict[int, int] = {}

    def tensor(self, name: str, shape: Sequence[int], value: np.ndarray | None = None) -> int:
        """Add a tensor, constant if it has a value, and return its index."""
        tensor = self.schema.TensorT()
        tensor.name = name.encode()
        tensor.shape = list(shape)
        integer = value is not None and value.dtype == np.int32
        tensor.type = self.schema.TensorType.INT32 if integer else self.schema.TensorType.FLOAT32
        tensor.buffer = 0
        if value is not None:
            buffer = self.schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.subgraph.tensors.append(tensor)
        return len(self.subgraph.tensors) - 1

    def operator(
        self, code: int, inputs: list[int], output: int, options_type: int = 0, options: Any = None
    ) -> int:
        """Add an operator with one output and return that output."""
        if code not in self._positions:
            entry = self.schema.OperatorCodeT()
            entry.builtinCode = code
            entry.deprecatedBuiltinCode = min(code, 127)
            entry.version = 1
            self._positions[code] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(entry)
        operator = self.schema.OperatorT()
        operator.opcodeIndex = self._positions[code]
        operator.inputs = inputs
        operator.outputs = [output]
        operator.builtinOptionsType = options_type
        operator.builtinOptions = options
        self.subgraph.operators.append(operator)
        return output


def tflite_model(
    operations: Sequence[Operation],
    weights: Weights,
    batch: int = 1,
    scaling: Scaling | None = None,
) -> bytes:
    """Lower ``operations``, applied in sequence, to the bytes of a TFLite file.

    The input is (batch, H, W, C); the output is (batch, H, W, C) or (batch, classes). ``weights``
    and ``scaling`` are as for :func:`search_spaces.graphs.onnx.onnx_model`: (kernel OIHW, bias) per
    layer, and the normalisation of pixels of 0 to 255.
    """
    check_lowerable(operations, "TFLite file")
    graph = _Graph()
    remaining = iter(weights)
    channels, side, _ = operations[0].input_shape
    current = graph.tensor(INPUT, (batch, side, side, channels))
    graph.subgraph.inputs = [current]
    if scaling is not None:
        current = _scale(graph, scaling, current)
    for number, operation in enumerate(operations):
        start = current
        for position, layer in enumerate(operation.layers):
            name = f"{operation.kind}{number}.{position}"
            match layer:
                case ConvLayer():
                    current = _convolution(graph, layer, name, batch, current, *next(remaining))
                case PoolLayer():
                    axes = graph.tensor(f"{name}.axes", (2,), np.array([1, 2], np.int32))
                    options = graph.schema.ReducerOptionsT()
                    output = graph.tensor(f"{name}.mean", (batch, layer.channels))
                    current = graph.operator(
                        graph.codes.MEAN,
                        [current, axes],
                        output,
                        graph.options.ReducerOptions,
                        options,
                    )
                case LinearLayer():
                    current = _linear(graph, layer, name, batch, current, *next(remaining))
        if operation.residual:
            shape = graph.subgraph.tensors[current].shape
            output = graph.tensor(f"{operation.kind}{number}.add", shape)
            options = graph.schema.AddOptionsT()
            current = graph.operator(
                graph.codes.ADD, [start, current], output, graph.options.AddOptions, options
            )
    graph.subgraph.outputs = [current]
    graph.model.signatureDefs = [_signature(graph)]
    return packed(graph.model)


def _scale(graph: _Graph, scaling: Scaling, current: int) -> int:
    shape = graph.subgraph.tensors[current].shape
    scale, offset = (
        graph.tensor(name, value.shape, value)
        for name, value in zip(
            ("scale", "offset"), scaling.arrays(1, 1, 1, len(scaling.scale)), strict=True
        )
    )
    scaled = graph.operator(
        graph.codes.MUL, [current, scale], graph.tensor("scaled", shape),
        graph.options.MulOptions, graph.schema.MulOptionsT(),
    )  # fmt: skip
    return graph.operator(
        graph.codes.ADD, [scaled, offset], graph.tensor("normalised", shape),
        graph.options.AddOptions, graph.schema.AddOptionsT(),
    )  # fmt: skip


def _signature(graph: _Graph) -> Any:
    """Return the signature: the names by which programs and quantisers address input and output."""

    def named(name: str, index: int) -> Any:
        entry = graph.schema.TensorMapT()
        entry.name, entry.tensorIndex = name.encode(), index
        return entry

    signature = graph.schema.SignatureDefT()
    signature.signatureKey = SIGNATURE.encode()
    signature.subgraphIndex = 0
    signature.inputs = [named(INPUT, graph.subgraph.inputs[0])]
    signature.outputs = [named(OUTPUT, graph.subgraph.outputs[0])]
    return signature


def _convolution(
    graph: _Graph,
    layer: ConvLayer,
    name: str,
    batch: int,
    current: int,
    kernel: np.ndarray,
    bias: np.ndarray,
) -> int:
    options: Any
    depthwise = layer.groups > 1
    if depthwise:
        kernel = kernel.transpose(1, 2, 3, 0)
        options = graph.schema.DepthwiseConv2DOptionsT()
        options.depthMultiplier = 1
        code, kind = graph.codes.DEPTHWISE_CONV_2D, graph.options.DepthwiseConv2DOptions
    else:
        kernel = kernel.transpose(0, 2, 3, 1)
        options = graph.schema.Conv2DOptionsT()
        code, kind = graph.codes.CONV_2D, graph.options.Conv2DOptions
    options.padding = graph.schema.Padding.SAME
    if layer.stride == 2 and layer.resolution % 2 == 0 and layer.kernel > 1:
        current = _pad(graph, layer, name, batch, current)
        options.padding = graph.schema.Padding.VALID
    options.strideH = options.strideW = layer.stride
    options.dilationHFactor = options.dilationWFactor = 1
    activation = _ACTIVATIONS[layer.activation]
    options.fusedActivationFunction = getattr(graph.schema.ActivationFunctionType, activation)
    side = layer.output_resolution
    inputs = [
        current,
        graph.tensor(f"{name}.weight", kernel.shape, kernel),
        graph.tensor(f"{name}.bias", bias.shape, bias),
    ]
    output = graph.tensor(f"{name}.conv", (batch, side, side, layer.out_channels))
    return graph.operator(code, inputs, output, kind, options)


def _pad(graph: _Graph, layer: ConvLayer, name: str, batch: int, current: int) -> int:
    margin = layer.kernel // 2
    widths = np.array([[0, 0], [margin, margin], [margin, margin], [0, 0]], np.int32)
    amounts = graph.tensor(f"{name}.padding", widths.shape, widths)
    side = layer.resolution + 2 * margin
    output = graph.tensor(f"{name}.pad", (batch, side, side, layer.in_channels))
    return graph.operator(
        graph.codes.PAD,
        [current, amounts],
        output,
        graph.options.PadOptions,
        graph.schema.PadOptionsT(),
    )


def _linear(
    graph: _Graph,
    layer: LinearLayer,
    name: str,
    batch: int,
    current: int,
    kernel: np.ndarray,
    bias: np.ndarray,
) -> int:
    inputs = [
        current,
        graph.tensor(f"{name}.weight", kernel.shape, kernel),
        graph.tensor(f"{name}.bias", bias.shape, bias),
    ]
    output = graph.tensor(f"{name}.linear", (batch, layer.out_features))
    return graph.operator(
        graph.codes.FULLY_CONNECTED,
        inputs,
        output,
        graph.options.FullyConnectedOptions,
        graph.schema.FullyConnectedOptionsT(),
    )
