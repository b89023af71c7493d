from .base import (
    Format as Format,
    PublishedEntry as PublishedEntry,
)
from .exporting import (
    Exported as Exported,
    export_table as export_table,
)
from .formats import (
    FORMATS as FORMATS,
    read_published as read_published,
)
from .importing import (
    Imported as Imported,
    import_table as import_table,
)
from .key import PublishedKey as PublishedKey
from .network import published_network as published_network
