from .page import report as report
from .relative_costs import draw_relative_costs as draw_relative_costs
