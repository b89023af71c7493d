"""``net.config``: the JSON in which ProxylessNAS, once-for-all and MCUNet publish their networks.

It lists layers by the names of their classes (``ofa/utils/layers.py``), each with the arguments of
its constructor. What an argument changes and no operation here has is refused; dropout of the
classifier is of training alone, and is passed over.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from .errors import InputError
from .layer import Activation, BatchNorm
from .operations.base import Operation
from .operations.classifier import Classifier
from .operations.convolution import Convolution
from .operations.mbconv import MBConv
from .operations.zero import Zero

PARTS = ("first_conv", "blocks", "classifier")
"""What every such file has, and no file of ours."""
MOST_BLOCKS = 1000
LARGEST = 65_536
"""Channels, classes and pixels at most: more than any published network has."""

_TOP = ("name", "bn", *PARTS, "feature_mix_layer", "resolution")
_ONLY: dict[str, tuple[object, ...]] = {
    "dilation": (1,),
    "groups": (1, None),
    "bias": (False,),
    "has_shuffle": (False,),
    "use_bn": (True,),
    "use_se": (False,),
    "dropout_rate": (0,),
    "ops_order": ("weight_bn_act",),
}
"""Arguments of convolutions and blocks that operations here have in one way only."""


def is_net_config(data: object) -> bool:
    """Return whether plain data looks like a ``net.config``."""
    return isinstance(data, Mapping) and "format" not in data and set(PARTS) <= data.keys()


def published_operations(data: Mapping[str, Any], subject: str) -> tuple[Operation, ...]:
    """Return the operations of a ``net.config``, blocks that are left out as zeros.

    Raises:
        InputError: it has a layer that no operation is, says no resolution, or is damaged; the
            sentence begins with ``subject`` and names the layer.
    """
    for name in data:
        if name not in _TOP and data[name] is not None:
            raise InputError(
                f"{subject} has {name!r:.60}, which no operation here is: only networks of "
                "first_conv, blocks, feature_mix_layer and classifier are read"
            )
    if "resolution" not in data:
        raise InputError(
            f"{subject} is a net.config that does not say for which images: add the side of its "
            'images in pixels at its top, as "resolution": 224'
        )
    return _Reader(data, subject).operations()


class _Reader:
    """Goes through the layers in order, with the channels and the side of what comes out."""

    def __init__(self, data: Mapping[str, Any], subject: str) -> None:
        self._data = data
        self._subject = subject
        self._side = self._whole(data, "resolution", "top level")
        self._channels = 0
        self._norm = self._batch_norm(data.get("bn"))

    def operations(self) -> tuple[Operation, ...]:
        blocks = self._data["blocks"]
        if not isinstance(blocks, Sequence) or isinstance(blocks, str) or len(blocks) > MOST_BLOCKS:
            raise self._wrong("blocks", f"is no list of at most {MOST_BLOCKS} blocks")
        first = self._object(self._data["first_conv"], "first_conv")
        self._channels = self._whole(first, "in_channels", "first_conv")
        found = [self._convolution(first, "first_conv")]
        found += [self._block(block, f"block {number}") for number, block in enumerate(blocks, 1)]
        if self._data.get("feature_mix_layer") is not None:
            found.append(self._convolution(self._data["feature_mix_layer"], "feature_mix_layer"))
        return (*found, self._classifier(self._data["classifier"], "classifier"))

    def _convolution(self, data: object, place: str) -> Operation:
        layer = self._object(data, place, ("ConvLayer",))
        sizes = ("in_channels", "out_channels", "kernel_size", "stride")
        self._only(layer, place, (*sizes, "act_func"))
        channels, out, kernel, stride = (self._whole(layer, size, place) for size in sizes)
        self._check_shape(channels, kernel, place)
        activation = self._activation(layer, place, "missing")
        norm = self._norm
        return self._made(
            place,
            lambda: Convolution(channels, out, kernel, stride, self._side, activation, norm),
        )

    def _block(self, data: object, place: str) -> Operation:
        block = self._object(data, place, ("MobileInvertedResidualBlock", "ResidualBlock"))
        conv = next((name for name in ("mobile_inverted_conv", "conv") if name in block), "conv")
        for name in block:
            if name not in ("name", conv, "shortcut"):
                raise self._wrong(place, f"has {name!r:.60}, which no operation here has")
        shortcut = block.get("shortcut")
        skip = shortcut is not None and self._skips(shortcut, f"{place}, shortcut")
        layer = block.get(conv)
        if layer is None or self._object(layer, f"{place}, {conv}").get("name") == "ZeroLayer":
            return self._made(place, lambda: Zero(self._channels, self._side))
        return self._mobile(layer, f"{place}, {conv}", skip)

    def _mobile(self, data: object, place: str, skip: bool) -> Operation:
        layer = self._object(data, place, ("MBInvertedConvLayer", "MBConvLayer"))
        sizes = ("in_channels", "out_channels", "kernel_size", "stride")
        self._only(layer, place, (*sizes, "act_func", "expand_ratio", "mid_channels"))
        channels, out, kernel, stride = (self._whole(layer, size, place) for size in sizes)
        self._check_shape(channels, kernel, place)
        expansion = self._expansion(layer, channels, place)
        activation = self._activation(layer, place, "relu6")
        norm = self._norm
        return self._made(
            place,
            lambda: MBConv(
                channels, out, kernel, stride, expansion, self._side, skip, activation, norm
            ),
        )

    def _expansion(self, layer: Mapping[str, Any], channels: int, place: str) -> int:
        """Return how many times as many channels lie between expansion and projection."""
        ratio, middle = layer.get("expand_ratio"), layer.get("mid_channels")
        if ratio is None and middle is None:
            raise self._wrong(place, "has neither expand_ratio nor mid_channels")
        if middle is None:
            return self._whole(layer, "expand_ratio", place)
        width = self._whole(layer, "mid_channels", place)
        expansion, rest = divmod(width, channels)
        # The published code leaves the expansion out where the ratio is 1, and only there.
        if rest or expansion < 1 or (ratio is not None and (ratio == 1) != (expansion == 1)):
            raise self._wrong(
                place, f"expands {channels} channels to {width}, which no operation here does"
            )
        return expansion

    def _classifier(self, data: object, place: str) -> Operation:
        layer = self._object(data, place, ("LinearLayer",))
        for name, only in {"bias": True, "use_bn": False, "act_func": None}.items():
            if layer.get(name, only) != only:
                raise self._wrong(place, f"has {name} {layer[name]!r:.60}, not {only!r}")
        known = ("name", "in_features", "out_features", "dropout_rate", "ops_order", "has_shuffle")
        for name in layer:
            if name not in (*known, "bias", "use_bn", "act_func"):
                raise self._wrong(place, f"has {name!r:.60}, which no operation here has")
        features = self._whole(layer, "in_features", place)
        classes = self._whole(layer, "out_features", place)
        self._check_shape(features, 1, place)
        return self._made(place, lambda: Classifier(features, classes, self._side))

    def _skips(self, data: object, place: str) -> bool:
        layer = self._object(data, place, ("IdentityLayer", "ZeroLayer"))
        if layer["name"] == "ZeroLayer":
            return False
        for name, only in {"use_bn": False, "act_func": None, "dropout_rate": 0}.items():
            if layer.get(name, only) != only:
                raise self._wrong(place, f"has {name} {layer[name]!r:.60}, not {only!r}")
        return True

    def _made(self, place: str, make: Any) -> Operation:
        try:
            operation: Operation = make()
            output = operation.output_shape
        except ValueError as error:
            raise self._wrong(place, f"is no operation here: {error}") from None
        if len(output) == 3:
            self._channels, self._side = output[0], output[1]
        return operation

    def _only(self, layer: Mapping[str, Any], place: str, known: tuple[str, ...]) -> None:
        for name, value in layer.items():
            if name in _ONLY and any(value is one or value == one for one in _ONLY[name]):
                continue
            if name not in (*known, "name"):
                raise self._wrong(
                    place, f"has {name!r:.60} {value!r:.60}, which no operation here has"
                )

    def _check_shape(self, channels: int, kernel: int, place: str) -> None:
        if channels != self._channels:
            raise self._wrong(
                place, f"takes {channels} channels, and what lies before it has {self._channels}"
            )
        if kernel % 2 == 0:
            raise self._wrong(place, f"has kernel_size {kernel}, and kernels here are odd")

    def _activation(
        self, layer: Mapping[str, Any], place: str, usual: Literal["relu6", "missing"]
    ) -> Activation:
        value = layer.get("act_func", usual)
        if value is None:
            return "none"
        if value not in ("relu6", "relu"):
            raise self._wrong(
                place, f"has act_func {value!r:.60}, and activations here are relu6 and relu"
            )
        return cast(Activation, value)

    def _batch_norm(self, data: object) -> BatchNorm:
        norm = self._object(data, "bn")
        for name, value in norm.items():
            if name not in ("momentum", "eps") and value is not None:
                raise self._wrong("bn", f"has {name!r:.60}, which no operation here has")
        constants = [norm.get("momentum"), norm.get("eps")]
        for value in constants:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
                raise self._wrong("bn", "needs momentum and eps, each between 0 and 1")
        return BatchNorm(*map(float, constants))  # type: ignore[arg-type]  # checked above

    def _object(
        self, data: object, place: str, names: tuple[str, ...] | None = None
    ) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            raise self._wrong(place, f"is {data!r:.60}, not an object")
        if names is not None and data.get("name") not in names:
            raise self._wrong(
                place, f"is a {data.get('name')!r:.60}, and only {' or '.join(names)} is read there"
            )
        return data

    def _whole(self, data: Mapping[str, Any], name: str, place: str) -> int:
        value = data.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
            raise self._wrong(
                place, f"has {name} {value!r:.60}, not a whole number from 1 to {LARGEST}"
            )
        return value

    def _wrong(self, place: str, reason: str) -> InputError:
        return InputError(f"{self._subject}, net.config: {place} {reason}")
