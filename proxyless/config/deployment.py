"""Exporting a network, and measuring model files."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BeforeValidator
from typing_extensions import Doc

from latency.profiling.protocol import MOST_ROUNDS
from latency.timing.settings import LARGEST_BATCH, Settings
from search_spaces import InputError
from search_spaces.fields import AtLeast, AtMost, OneOf, OptionName, Registered, check_fields
from search_spaces.schema import STRICT

from .quantity import WHOLE


def _read_batch(value: object) -> object:
    if value == "dynamic":
        return None
    if isinstance(value, str):
        if not WHOLE.fullmatch(value):
            raise InputError(f"`batch` {value[:80]} is neither a number of images nor `dynamic`")
        return int(value)
    return value


@dataclass(frozen=True)
class ExportConfig:
    """How a trained network becomes a file: the arguments of :func:`proxyless.export`."""

    __pydantic_config__ = STRICT
    file_format: Annotated[
        str,
        OneOf(("onnx", "onnx-int8", "tflite", "tflite-int8")),
        Doc("Format of the file."),
        OptionName("format"),
    ] = "onnx"
    batch: Annotated[
        int | None,
        BeforeValidator(_read_batch),
        AtLeast(1),
        AtMost(LARGEST_BATCH),
        Doc("Images a call, or `dynamic` (ONNX only)."),
    ] = 1
    pixels: Annotated[bool, Doc("The file takes pixels of 0 to 255 as they are.")] = False
    data: Annotated[str | None, Doc("Where the images are now, if they have moved.")] = None
    max_drop: Annotated[
        float, AtLeast(0), AtMost(100), Doc("Points of test accuracy that int8 may cost.")
    ] = 1.0
    measure: Annotated[bool, Doc("Time the file here, and write that into it.")] = True

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class BenchmarkConfig:
    """How model files are measured: the arguments of :func:`proxyless.benchmark`."""

    __pydantic_config__ = STRICT
    settings: Settings = field(default_factory=Settings)
    rounds: Annotated[
        int, AtLeast(1), AtMost(MOST_ROUNDS), Doc("Measurements of each file in a process.")
    ] = 16
    data: Annotated[
        str | None,
        Doc(
            "Images that tell each file's accuracy: the test split, or all where there is none "
            "and no file was trained on them."
        ),
    ] = None
    reference: Annotated[bool, Doc("Also time MobileNetV2, built for the same images.")] = False
    runtimes: Annotated[
        tuple[str, ...],
        Registered("proxyless.runtimes"),
        Doc("Only this runtime."),
        OptionName("runtime"),
    ] = ()

    def __post_init__(self) -> None:
        check_fields(self)
