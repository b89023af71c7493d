"""The keys of published tables: ``LAYER-input:HxWxC-output:HxWxC-name:number-...``."""

import re
from dataclasses import dataclass, field

from search_spaces import InputError

_SIZE = r"[1-9]\d{0,5}(?:\.0{1,6})?"
"""Some programs write whole numbers as 112.0."""
_SHAPE = rf"{_SIZE}(?:x{_SIZE}){{0,9}}"
_KEY = re.compile(
    rf"(?P<layer>\w{{1,100}})-input:(?P<input>{_SHAPE})-output:(?P<output>{_SHAPE})"
    r"(?P<fields>(?:-[a-z]{1,20}:\d{1,6}(?:\.0{1,6})?){0,20})",
    re.ASCII,
)


@dataclass(frozen=True)
class PublishedKey:
    """The key of an operation in tables of ProxylessNAS and once-for-all.

    Shapes are (height, width, channels), or (classes,) for logits. ``fields`` holds the numbers
    that follow, in order, such as ``{"expand": 6, "kernel": 3, "stride": 2, "idskip": 0}``. Whole
    numbers may be written as 112.0.
    """

    layer: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    fields: dict[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "PublishedKey":
        """Read a key.

        Raises:
            InputError: it does not have this form.
        """
        match = _KEY.fullmatch(text)
        if match is None:
            raise InputError(
                f"{text!r:.200} is not a published key: they look like "
                "expanded_conv-input:56x56x24-output:28x28x40-expand:3-kernel:5-stride:2-idskip:0"
            )
        pairs = [pair.split(":") for pair in match["fields"].split("-")[1:]]
        fields = {name: _whole(value) for name, value in pairs}
        if len(fields) < len(pairs):
            raise InputError(f"published key {text!r} names a field twice")
        return cls(match["layer"], _shape(match["input"]), _shape(match["output"]), fields)

    def __str__(self) -> str:
        numbers = "".join(f"-{name}:{value}" for name, value in self.fields.items())
        shapes = ("x".join(map(str, shape)) for shape in (self.input_shape, self.output_shape))
        return "{}-input:{}-output:{}".format(self.layer, *shapes) + numbers


def _shape(text: str) -> tuple[int, ...]:
    return tuple(map(_whole, text.split("x")))


def _whole(text: str) -> int:
    return int(text.partition(".")[0])
