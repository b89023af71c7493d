from . import plan as plan
from .algorithm.aggregators.base import (
    Aggregator as Aggregator,
    SumAggregator as SumAggregator,
)
from .algorithm.aggregators.registry import get_aggregator as get_aggregator
from .algorithm.codecs.base import (
    Codec as Codec,
    CodecOptions as CodecOptions,
)
from .algorithm.codecs.registry import get_codec as get_codec
from .algorithm.contribution import Statistics as Statistics
from .algorithm.delayed import Delayed as Delayed
from .algorithm.digest import digest as digest
from .algorithm.local_update.base import LocalUpdate as LocalUpdate
from .algorithm.local_update.options import LocalUpdateOptions as LocalUpdateOptions
from .algorithm.local_update.registry import get_local_update as get_local_update
from .algorithm.quasi_hyperbolic_momentum import (
    QuasiHyperbolicMomentum as QuasiHyperbolicMomentum,
)
from .algorithm.synchronised_state import (
    Stateful as Stateful,
    SynchronisedState as SynchronisedState,
)
from .errors import DistributedError as DistributedError
from .membership.commit_log import Commit as Commit
from .membership.membership import Membership as Membership
from .membership.rounds import ExcludedError as ExcludedError
from .state import State as State
from .transport.world import World as World
