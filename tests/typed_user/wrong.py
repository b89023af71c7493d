"""What a user may get wrong: ``mypy --strict`` has to say each, on the line that says so.

If something here passes, its types have been lost.
"""

from pathlib import Path

import latency
import proxyless
from proxyless import DeviceConfig, SearchConfig, TaskConfig, TrainConfig
from proxyless.distributed import Delayed
from search_spaces import load_space

space = load_space(3)  # wrong: arg-type
space.size.upper()  # wrong: attr-defined
task = TaskConfig("digits", "tiny", epochs=3)  # wrong: call-arg
device = DeviceConfig(Path("table.db"))  # wrong: arg-type
(found,) = proxyless.search(SearchConfig(task, (device,)), "runs/digits")  # wrong: arg-type
found.architecture.latency()  # wrong: attr-defined
proxyless.train(TrainConfig(task, found), Path("runs/digits"))  # wrong: arg-type
proxyless.export(Path("runs/digits"), max_dropp=5)  # wrong: call-arg
proxyless.benchmark(Path("model.onnx"))  # wrong: arg-type
proxyless.report(run="runs/digits")  # wrong: call-arg
info = latency.profile(space, "table.db")  # wrong: arg-type
print(info.milliseconds)  # wrong: attr-defined
latency.load_predictor(Path("table.db"), thread=1)  # wrong: call-arg
proxyless.Zoo.built_in().card(1)  # wrong: arg-type
Delayed(None, None, delay="1")  # wrong: arg-type
print(proxyless.serch)  # wrong: attr-defined
