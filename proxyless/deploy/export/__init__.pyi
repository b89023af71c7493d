from .exporting import (
    Export as Export,
    export as export,
)
from .formats import (
    FORMATS as FORMATS,
    Format as Format,
    get_format as get_format,
    lower as lower,
)
