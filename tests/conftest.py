import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = (
    "1"  # before torch is imported: tensors are tiny, and results must not depend on threads
)
os.environ.pop("COLUMNS", None)  # it would wrap output, even into pipes

import onnx
import pytest
from hypothesis import HealthCheck, settings
from nursery import Nursery
from snapshot import Snapshots
from support import MICRO, Outcome, run_cli, write_images

from latency import Protocol, load_predictor, profile
from latency.hosts import local
from proxyless.deploy import timing
from proxyless.deploy.export import FORMATS
from search_spaces import Space, load_space

WORKER = local.WORKER
NURSERY = pytest.StashKey[Nursery]()

settings.register_profile(
    "proxyless",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("proxyless")


def pytest_configure(config: pytest.Config) -> None:
    """Open a nursery (see nursery.py) for all processes of a test run."""
    if not hasattr(config, "workerinput"):
        stack = ExitStack()
        config.stash[NURSERY] = stack.enter_context(Nursery.open())
        config.add_cleanup(stack.close)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass the folder of the nursery to a process of pytest-xdist."""
    node.workerinput["nursery"] = str(node.config.stash[NURSERY].folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files with slow tests first, so that no processor idles at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def nursery(pytestconfig: pytest.Config) -> Nursery:
    """The nursery, which starts processes with all imports already done."""
    if NURSERY in pytestconfig.stash:
        return pytestconfig.stash[NURSERY]
    return Nursery(Path(pytestconfig.workerinput["nursery"]))  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def forked_workers(nursery: Nursery) -> Iterator[None]:
    """Let the worker processes that time modules start quickly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "WORKER", (str(nursery.python), *WORKER[1:]))
        yield


@pytest.fixture
def real_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the worker processes that time modules as for users."""
    monkeypatch.setattr(local, "WORKER", WORKER)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-snapshots", action="store_true", help="write tests/snapshots anew")


@pytest.fixture
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    return Snapshots(request.config.getoption("--renew-snapshots"))


@dataclass(frozen=True)
class Finished:
    """A run after every verb, and the output of each with --json."""

    path: Path
    target_ms: float
    outputs: dict[str, Outcome]

    def json(self, verb: str) -> object:
        """Return the parsed output of a verb."""
        assert self.outputs[verb].status == 0, self.outputs[verb].stderr
        return json.loads(self.outputs[verb].stdout)


@pytest.fixture(scope="session")
def micro_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TOML file of a user-defined space."""
    path = tmp_path_factory.mktemp("space") / "micro.toml"
    path.write_text(MICRO)
    return path


@pytest.fixture(scope="session")
def micro(micro_file: Path) -> Space:
    return load_space(micro_file)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """72 grey PNGs of three classes, of the size that the micro space takes."""
    return write_images(tmp_path_factory.mktemp("images") / "grey", (24, 24, 24))


@pytest.fixture(scope="session")
def profiled(tmp_path_factory: pytest.TempPathFactory, micro_file: Path) -> tuple[Path, Outcome]:
    """The micro space measured on this machine, and the output of `proxyless profile`."""
    path = tmp_path_factory.mktemp("table") / "micro.db"
    arguments = ("--space", micro_file, "--table", path, "--processes", 1, "--rounds", 2)
    return path, run_cli("profile", *arguments, "--json")


@pytest.fixture(scope="session")
def micro_table(profiled: tuple[Path, Outcome]) -> Path:
    assert profiled[1].status == 0, profiled[1].stderr
    return profiled[0]


@pytest.fixture(scope="session")
def tiny_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in tiny space, measured on this machine as quickly as possible."""
    path = tmp_path_factory.mktemp("table") / "tiny.db"
    profile(
        load_space("tiny"), path, protocol=Protocol(processes=1, rounds=2, calibration_networks=1)
    )
    return path


@pytest.fixture(scope="session")
def micro_target(micro: Space, micro_table: Path) -> float:
    """A latency half way between the fastest and the slowest network of the micro space."""
    return sum(load_predictor(micro_table).bounds(micro)) / 2


@pytest.fixture(scope="session")
def foreign_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file of another program, with a dynamic batch dimension."""
    path = tmp_path_factory.mktemp("foreign") / "foreign.onnx"
    input_info, output_info = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 4]) for name in "xy"
    )
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "foreign", [input_info], [output_info])
    opset = onnx.helper.make_opsetid("", 17)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9), path)
    return path


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory,
    micro_file: Path,
    micro_target: float,
    profiled: tuple[Path, Outcome],
    images: Path,
    foreign_model: Path,
) -> Finished:
    """Profile, search, train, export and benchmark through the command line, once."""
    run = tmp_path_factory.mktemp("finished") / "run"
    outputs = {"profile": profiled[1]}
    outputs["search"] = run_cli(
        "search", "--target-ms", micro_target, "--data", images, "--space", micro_file,
        "--table", profiled[0], "--out", run, "--warmup-epochs", 1, "--epochs", 4,
        "--interval", 1, "--batch-size", 8, "--compute", "cpu", "--tensorboard", "--json",
    )  # fmt: skip
    outputs["train"] = run_cli(
        "train", run, "--epochs", 4, "--batch-size", 16, "--compute", "cpu",
        "--tensorboard", "--json",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "PROCESSES", 1)
        for name in FORMATS:
            verb = "export" if name == "onnx" else f"export {name}"
            arguments = ("--format", name, "--max-drop", 100, "--json")
            outputs[verb] = run_cli("export", run, *arguments)
        files = (run / "model.onnx", run / "model.tflite", foreign_model)
        outputs["benchmark"] = run_cli("benchmark", *files, "--rounds", 2, "--json")
    outputs["report"] = run_cli("report", run, "--json")
    return Finished(run, micro_target, outputs)
