from .codec import (
    DENSE as DENSE,
    HALF as HALF,
    Codec as Codec,
    get_codec as get_codec,
    top_k as top_k,
)
from .conditions import Conditions as Conditions
from .convergence import least_steps as least_steps
from .forecast import (
    Forecast as Forecast,
    forecast as forecast,
)
from .planning import (
    Plan as Plan,
    plan as plan,
)
from .recommendation import (
    RULE as RULE,
    recommend as recommend,
)
from .requirement import (
    required_bandwidth as required_bandwidth,
    required_one_way as required_one_way,
)
from .schedule import (
    SYNCHRONOUS as SYNCHRONOUS,
    Schedule as Schedule,
)
from .simulation import (
    Simulation as Simulation,
    simulate as simulate,
)
from .tail import (
    STEADY as STEADY,
    Tail as Tail,
)
