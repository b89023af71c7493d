from .base import LocalUpdate as LocalUpdate
from .options import LocalUpdateOptions as LocalUpdateOptions
from .registry import (
    LOCAL_UPDATES as LOCAL_UPDATES,
    get_local_update as get_local_update,
)
