from .epochs import (
    DeviceEpoch as DeviceEpoch,
    SearchEpoch as SearchEpoch,
    SharedSearchEpoch as SharedSearchEpoch,
    TrainingEpoch as TrainingEpoch,
    read_epochs as read_epochs,
    write_epochs as write_epochs,
)
from .search_result import (
    SEARCH_RESULT as SEARCH_RESULT,
    Aim as Aim,
    BudgetResult as BudgetResult,
    ParetoPoint as ParetoPoint,
    SearchResult as SearchResult,
    Skips as Skips,
    read_search_result as read_search_result,
    write_search_results as write_search_results,
)
from .times import Times as Times
from .training_result import (
    TRAINING_RESULT as TRAINING_RESULT,
    TrainingResult as TrainingResult,
)
from .versioned import VersionedFile as VersionedFile
