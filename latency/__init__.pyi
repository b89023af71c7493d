from .comparison.difference import (
    ComparedFamily as ComparedFamily,
    ComparedOperation as ComparedOperation,
    Difference as Difference,
    compare as compare,
)
from .comparison.merging import (
    Merged as Merged,
    merge_tables as merge_tables,
)
from .comparison.relative import (
    Position as Position,
    RelativeCosts as RelativeCosts,
    relative_costs as relative_costs,
)
from .estimation.calibration import calibrate as calibrate
from .estimation.features import (
    Description as Description,
    count_uses as count_uses,
    describe as describe,
)
from .estimation.few_shot import (
    FittedTable as FittedTable,
    fit_table as fit_table,
)
from .estimation.network_choice import choose_networks as choose_networks
from .hosts import (
    Host as Host,
    get_host as get_host,
)
from .prediction.costs import (
    AdditiveCosts as AdditiveCosts,
    PeakCosts as PeakCosts,
    byte_costs as byte_costs,
    choice_mask as choice_mask,
    mac_costs as mac_costs,
    parameter_costs as parameter_costs,
    peak_memory_costs as peak_memory_costs,
)
from .prediction.predictor import (
    Predictor as Predictor,
    find_predictor as find_predictor,
    load_predictor as load_predictor,
    load_wanted as load_wanted,
)
from .prediction.profile_query import ProfileQuery as ProfileQuery
from .profiling.checking import (
    Check as Check,
    check as check,
    check_profile as check_profile,
)
from .profiling.profiling import (
    profile as profile,
    profile_networks as profile_networks,
)
from .profiling.protocol import Protocol as Protocol
from .profiling.removing import (
    Removed as Removed,
    remove_profile as remove_profile,
)
from .profiling.repairing import (
    Repaired as Repaired,
    repair_table as repair_table,
    table_faults as table_faults,
)
from .profiling.whole_networks import (
    MeasuredNetwork as MeasuredNetwork,
    draw_networks as draw_networks,
    fit_networks as fit_networks,
    read_networks as read_networks,
)
from .published import (
    Exported as Exported,
    Imported as Imported,
    export_table as export_table,
    import_table as import_table,
    published_network as published_network,
)
from .runtimes import (
    RUNTIMES as RUNTIMES,
    Program as Program,
    Runtime as Runtime,
    available_runtimes as available_runtimes,
    get_runtime as get_runtime,
)
from .statistics.regression import (
    Posterior as Posterior,
    bayesian_regression as bayesian_regression,
    leave_one_out as leave_one_out,
    log_evidence as log_evidence,
)
from .tables.faults import Fault as Fault
from .tables.records import (
    Calibration as Calibration,
    Entry as Entry,
    ProfileInfo as ProfileInfo,
)
from .tables.table import Table as Table
from .timing.device import (
    Device as Device,
    this_cpu as this_cpu,
)
from .timing.settings import Settings as Settings

Wanted = ProfileQuery
