from .deployment import (
    BenchmarkConfig as BenchmarkConfig,
    ExportConfig as ExportConfig,
)
from .device import DeviceConfig as DeviceConfig
from .measuring import (
    CalibrationConfig as CalibrationConfig,
    HostConfig as HostConfig,
    ProfileConfig as ProfileConfig,
)
from .recipe import Recipe as Recipe
from .search import (
    LIMITS as LIMITS,
    SearchConfig as SearchConfig,
)
from .space import SpaceConfig as SpaceConfig
from .sync import SyncConfig as SyncConfig
from .task import (
    TaskConfig as TaskConfig,
)
from .train import TrainConfig as TrainConfig
