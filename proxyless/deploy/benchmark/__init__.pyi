from .benchmarking import (
    ROUNDS as ROUNDS,
    UnfinishedBenchmarkError as UnfinishedBenchmarkError,
    benchmark as benchmark,
)
from .row import (
    BenchmarkRow as BenchmarkRow,
    load_benchmark as load_benchmark,
    save_benchmark as save_benchmark,
)
