from .image_data import (
    ImageData as ImageData,
    Split as Split,
)
from .opening import open_data as open_data
from .source import Source as Source
