from .config import (
    DeviceConfig as DeviceConfig,
    SearchConfig as SearchConfig,
    TaskConfig as TaskConfig,
    TrainConfig as TrainConfig,
)
from .data import open_data as open_data
from .demonstration import demo as demo
from .deploy.benchmark import (
    UnfinishedBenchmarkError as UnfinishedBenchmarkError,
    benchmark as benchmark,
    save_benchmark as save_benchmark,
)
from .deploy.export import export as export
from .engine.callbacks import Callback as Callback
from .nas.search import search as search
from .reporting import report as report
from .training.train import train as train
from .version import __version__ as __version__
from .zoo import (
    Zoo as Zoo,
    load as load,
    load_architecture as load_architecture,
)
