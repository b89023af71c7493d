"""What training across slow links will cost, before anything is started: model and simulation."""

from .codec import DENSE, HALF, Codec, get_codec, top_k
from .conditions import Conditions
from .convergence import least_steps
from .forecast import Forecast, forecast
from .planning import Plan, plan
from .recommendation import RULE, recommend
from .requirement import required_bandwidth, required_one_way
from .schedule import SYNCHRONOUS, Schedule
from .simulation import Simulation, simulate
from .tail import STEADY, Tail

__all__ = [
    "DENSE",
    "HALF",
    "RULE",
    "STEADY",
    "SYNCHRONOUS",
    "Codec",
    "Conditions",
    "Forecast",
    "Plan",
    "Schedule",
    "Simulation",
    "Tail",
    "forecast",
    "get_codec",
    "least_steps",
    "plan",
    "recommend",
    "required_bandwidth",
    "required_one_way",
    "simulate",
    "top_k",
]
