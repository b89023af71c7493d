from .base import (
    Codec as Codec,
    CodecOptions as CodecOptions,
)
from .registry import (
    CODECS as CODECS,
    get_codec as get_codec,
)
