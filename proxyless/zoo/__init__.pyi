from .card import Card as Card
from .page import write_pages as write_pages
from .publishing import (
    measure as measure,
    publish as publish,
)
from .verifying import (
    Verified as Verified,
    verify as verify,
)
from .zoo import (
    Zoo as Zoo,
    load as load,
    load_architecture as load_architecture,
)
