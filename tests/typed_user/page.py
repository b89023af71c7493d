"""A page of a user's own code: nothing here runs; ``mypy --strict`` reads it.

It uses what docs/verbs.md, docs/sites.md, docs/extending.md and CONTRIBUTING.md offer.
``assert_type`` stands where a result that has become ``Any`` would let everything behind it pass
unread.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, assert_type

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import latency
import proxyless
from latency import Predictor, ProfileInfo, Settings, Table
from latency.runtimes import Call, FileRuntime, ModuleRuntime
from proxyless import Callback, DeviceConfig, SearchConfig, TaskConfig, TrainConfig, Zoo, open_data
from proxyless.distributed import Delayed, Membership, World
from proxyless.distributed.plan import Conditions, Tail, plan, simulate
from proxyless.nas.candidates.base import BlockInput, Evaluation, Evaluator
from proxyless.nas.candidates.plain import Plain
from proxyless.nas.updates import ArchitectureUpdate, Statistics
from search_spaces import (
    Architecture,
    Definition,
    InputError,
    MBConv,
    ModuleOperation,
    Operation,
    Place,
    Space,
    Style,
    Traits,
    load_definition,
    load_space,
    space_names,
)
from search_spaces.layer import BatchNorm
from search_spaces.modules import OperationModule

TASK = TaskConfig(data="digits", space="tiny", batch_size=64, compute="cpu")


def tell(done: int, total: int, line: dict[str, Any] | None = None) -> None:
    """Say how far a search or a training is."""
    print(f"{done} of {total}", line)


class Logger(Callback):
    """A callback of the user's own."""

    def on_epoch(self, record: dict[str, Any]) -> None:
        """Print the loss of every epoch."""
        print(record["epoch"], record["loss"])


def measure(table: Path, hosts: Sequence[str]) -> tuple[Space, float]:
    """Profile this machine and others, and return a target between fastest and slowest."""
    space = TASK.expand_space(open_data(TASK.data))
    assert_type(space, Space)
    few = latency.Protocol(processes=1, rounds=2)
    info = latency.profile(space, table, "onnxruntime", protocol=few, progress=tell)
    assert_type(info, ProfileInfo)
    assert_type(info.settings.threads, int)
    for host in hosts:
        latency.profile(space, table, "litert", Settings(threads=2), host=latency.get_host(host))
    predictor = latency.load_predictor(table, runtime="onnxruntime")
    assert_type(predictor, Predictor)
    fastest, slowest = predictor.bounds(space)
    assert_type(slowest, float)
    assert_type(predictor.relative_error(), float | None)
    return space, (fastest + slowest) / 2


def find(table: Path, run: Path, max_ms: float) -> Architecture:
    """Search one network and train it."""
    device = DeviceConfig(str(table), max_ms=max_ms, runtime="onnxruntime", threads=1)
    config = SearchConfig(TASK, (device,), max_params=400e3, warmup_epochs=1, epochs=2)
    (found,) = proxyless.search(config, run, tell)
    assert_type(found.architecture, Architecture)
    assert_type(found.architecture.labels, tuple[str, ...])
    assert_type(found.architecture.macs, int)
    for other in found.pareto:
        assert_type(other.architecture, Architecture)
    trained = proxyless.train(
        TrainConfig(TASK, found.architecture, epochs=2), run, tell, [Logger()]
    )
    accuracy: float = trained.test_accuracy
    print(accuracy)
    return found.architecture


def deploy(run: Path) -> Path:
    """Export, benchmark, report."""
    exported = proxyless.export(run)
    small = proxyless.export(run, "tflite-int8", run / "small.tflite", max_drop=5)
    assert_type(exported.path, str)
    assert_type(small.test_accuracy, float)
    rows = proxyless.benchmark([Path(exported.path), Path(small.path)], rounds=2, data="digits")
    proxyless.save_benchmark(rows, run)
    for row in rows:
        assert_type(row.times.best_ms, float)
        assert_type(row.predicted_ms, float | None)
    page = proxyless.report([run], figures=Path("figures"))
    assert_type(page, Path)
    return page


def everything(run: Path) -> float:
    """The demo, told what begins."""

    def stage(name: str) -> Callable[..., None]:
        print(name)
        return tell

    result = proxyless.demo(run, stage)
    assert_type(result.target_ms, float)
    return result.target_ms


def look(table: Path) -> list[str]:
    """List the profiles of a table, and what is in them."""
    lines = []
    with Table.open(table) as opened:
        assert_type(opened, Table)
        for info in opened.profiles():
            entries = opened.entries(info.id)
            assert_type(entries, dict[str, latency.Entry])
            slowest = max((entry.milliseconds for entry in entries.values()), default=0.0)
            lines.append(f"{info.device.name}: {info.runtime}, {slowest:.3f} ms")
    return lines


def exchange_tables(published: Path, table: Path) -> Path:
    """Import, compare, merge and export tables."""
    read = latency.import_table(published, table, device="Pixel 1")
    assert_type(read.operations, int)
    here = latency.load_predictor(table, device="Pixel 1")
    there = latency.load_predictor(table, device="Pixel 2")
    for family in latency.compare(here, there).families:
        assert_type(family, latency.ComparedFamily)
    print(latency.published_network(here, ["Conv-input:8x8x1-output:8x8x16"]))
    latency.merge_tables(Path("all.db"), [table])
    for position, costs in latency.relative_costs(here).items():
        assert_type(position, latency.Position)
        assert_type(costs, dict[tuple[int, int], float])
    result = latency.export_table(here, Path("phone.yaml"), "proxylessnas")
    assert_type(result, latency.Exported)
    return Path("phone.yaml")


def fit(folder: Path, board: latency.Device) -> float:
    """Make a table of whole networks alone."""
    space = load_space("tiny")
    latency.draw_networks(space, folder, count=6)
    networks = latency.read_networks(folder / "networks.csv")
    assert_type(networks, list[latency.MeasuredNetwork])
    with Table.open(Path("board.db"), create=True) as opened:
        info, calibration = latency.fit_networks(
            space, networks, opened, board, "unknown", Settings()
        )
    assert_type(info, ProfileInfo)
    assert_type(calibration, latency.Calibration)
    return calibration.held_out.mape


def predict(predictor: Predictor, space: Space, seed: int) -> float:
    """Return the milliseconds of a random network, and build it."""
    architecture = Architecture.random(space, random.Random(seed))
    widest = max(one.expansion for one in architecture.operations if isinstance(one, MBConv))
    assert_type(widest, int)
    network: nn.Module = architecture.build()
    print(sum(one.numel() for one in network.parameters()))
    costs = predictor.costs(space)
    assert_type(costs, latency.AdditiveCosts)
    assert_type(costs.choices, Tensor)
    milliseconds = predictor.network(architecture.active)
    assert_type(milliseconds, float)
    return milliseconds


def models() -> int:
    """Look into the zoo."""
    zoo = Zoo.built_in()
    assert_type(zoo.names, tuple[str, ...])
    assert_type(zoo.card("proxyless_mobile").name, str)
    network: nn.Module = proxyless.load("proxyless_mobile", fresh=True)
    assert_type(proxyless.load_architecture("proxyless_mobile"), Architecture)
    return len(network.state_dict())


class MyEngine(FileRuntime):
    """A runtime of the user's own, which runs files."""

    name: ClassVar[str] = "my-engine"
    package: ClassVar[str] = "my_engine"
    suffix: ClassVar[str] = ".mine"

    @property
    def version(self) -> str:
        """Version of the engine."""
        raise InputError("runtime my-engine is not installed: install it")

    def lower(self, operations: Sequence[Operation], batch: int) -> bytes:
        """Return a file for the engine."""
        return "\n".join(operation.key for operation in operations).encode() * batch

    def quantise(self, model: bytes, images: Sequence[NDArray[Any]]) -> bytes:
        """Return the file in int8."""
        return model + bytes(len(images))

    def open(self, model: bytes, threads: int, batch: int) -> Call:
        """Return the call that is timed."""
        return lambda: len(model) * threads * batch


class MyModules(ModuleRuntime):
    """Another, which runs modules."""

    name: ClassVar[str] = "my-modules"
    package: ClassVar[str] = "torch"

    @property
    def version(self) -> str:
        """Version of the engine."""
        return torch.__version__

    def prepare(self, operations: Sequence[Operation], settings: Settings) -> Callable[[], object]:
        """Return what is timed."""
        images = torch.zeros(settings.batch, *operations[0].input_shape)
        return lambda: images.sum().item()


@dataclass(frozen=True)
class MyBlock(ModuleOperation):
    """An operation of the user's own, which only PyTorch can run."""

    channels: int
    resolution: int
    kind: Literal["my-block"] = "my-block"

    @classmethod
    def candidates(cls, place: Place) -> list[Self]:
        """Return what to choose from at a place of a space."""
        assert_type(place.norm, BatchNorm)
        return [cls(place.in_channels, place.resolution)] if place.skip else []

    def module(self, running_statistics: bool = True) -> nn.Module:
        """Return what it computes."""
        return nn.BatchNorm2d(self.channels, track_running_stats=running_statistics)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (self.channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """The input's."""
        return self.input_shape

    @property
    def key(self) -> str:
        """What changes its time."""
        return f"my-block-{self.channels}-{self.resolution}"

    @property
    def label(self) -> str:
        """Its name."""
        return "Mine"

    @property
    def style(self) -> Style:
        """Its looks."""
        return Style("My block", hue=len(space_names()), lines=("My", "block"))

    @property
    def traits(self) -> Traits:
        """What it shares with others."""
        return Traits({"channels": self.channels})


class MyEvaluator(Evaluator):
    """A way of evaluating it."""

    def __call__(self, candidate: OperationModule, block_input: BlockInput) -> Evaluation:
        """Leave it to a forward pass."""
        assert_type(candidate.operation, Operation)
        return Plain()(candidate, block_input)


def offered(name: str) -> Definition:
    """Return a space of a package."""
    definition = load_definition(name)
    assert_type(definition.adapt(classes=4).expand(), Space)
    return definition


class MyUpdate(ArchitectureUpdate):
    """An architecture update of the user's own: towards what is cheap."""

    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Say how large the batch is."""
        return {"loss": torch.zeros(()), "accuracy": torch.tensor(float(len(labels)))}

    def apply(self, statistics: Statistics) -> None:
        """Follow the budgets alone."""
        probabilities = self.parameters.probabilities()
        assert_type(probabilities, Tensor)
        gates = torch.zeros_like(probabilities)
        self.descend(self.budgets.gradient(gates, float(statistics["loss"]), probabilities))

    def state_dict(self) -> dict[str, Any]:
        """Add nothing."""
        return super().state_dict()


def train_across_sites(
    network: nn.Module, loss_of_step: Callable[[int, int], Tensor], steps: int
) -> str:
    """Train in a plain loop, shared with other sites."""
    world = World.of_torchrun(timeout=30)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    trainer = Delayed(optimizer, Membership(world, timeout=30), delay=12, period=4)
    trainer.join()
    while trainer.position < steps:
        optimizer.zero_grad()
        loss_of_step(trainer.position, world.rank).backward()  # type: ignore[no-untyped-call]  # PyTorch's
        trainer.step()
    assert_type(trainer.position, int)
    trainer.leave()
    return trainer.digest()


def schedule(gradient_bytes: float) -> float:
    """Say what training across sites will cost."""
    conditions = Conditions(0.025, 0.06, 640e6, workers=4, gradient_bytes=gradient_bytes)
    chosen = plan(conditions, scalability=0.95).recommended
    assert_type(chosen.schedule.delay, int)
    simulated = simulate(conditions, chosen.schedule, chosen.codec, 200, Tail("lognormal", 0.5))
    assert_type(simulated.scalability, float)
    return chosen.scalability
