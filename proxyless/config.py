"""Configurations of the long phases: what a run directory keeps, and what the verbs fill in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from latency import Wanted
from search_spaces import Architecture, InputError, Space, load_definition
from search_spaces.schema import STRICT

from .batches import Augmentation
from .data import DIGITS, Source, open_data
from .distributed.ahead import WAYS
from .distributed.codecs import get_codec
from .distributed.selection import TRANSPORTS
from .latency_loss import check_latency_loss
from .recipe import Recipe


@dataclass(frozen=True)
class TaskConfig:
    """What is learned, from what: shared by search and training.

    ``space`` is a built-in name or a TOML file; ``width`` and ``resolution`` override the space's;
    ``flip`` is whether mirrored images are still the same class (None: yes, but not for digits);
    ``compute`` is where weights are trained: "cpu", "cuda", or "auto" for CUDA where it is;
    ``compute_threads`` is how many threads PyTorch may use (None: its own choice). Small networks
    train as fast on one, and far faster where other programs keep the cores busy;
    ``precision`` is what weight steps compute in: "float32", "bfloat16" (autocast, weights stay in
    float32), or "auto" for bfloat16 on CUDA. Everything else is float32 always.
    """

    __pydantic_config__ = STRICT
    data: str
    space: str
    width: float | None = None
    resolution: int | None = None
    flip: bool | None = None
    batch_size: int = 64
    seed: int = 0
    compute: str = "auto"
    compute_threads: int | None = None
    checkpoint_seconds: float = 30.0
    precision: str = "auto"

    def __post_init__(self) -> None:
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise InputError(f"--precision {self.precision!r} is not auto, float32 or bfloat16")
        if self.batch_size < 2:
            raise InputError(f"--batch-size {self.batch_size} is not at least 2")
        if self.compute not in ("auto", "cpu", "cuda"):
            raise InputError(f"--compute {self.compute!r} is not auto, cpu or cuda")
        if self.compute == "cuda" and not torch.cuda.is_available():
            raise InputError("--compute cuda: torch finds no CUDA device on this machine")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed} is not from 0 to {2**32 - 1}")
        if self.compute_threads is not None and self.compute_threads < 1:
            raise InputError(f"--compute-threads {self.compute_threads} is not at least 1")

    def prepare_compute(self) -> torch.device:
        """Let PyTorch use so many threads, and return where weights are trained."""
        if self.compute_threads is not None:
            torch.set_num_threads(self.compute_threads)
        return self.torch_device

    @property
    def torch_device(self) -> torch.device:
        """Where weights are trained."""
        cuda = self.compute == "cuda" or (self.compute == "auto" and torch.cuda.is_available())
        return torch.device("cuda" if cuda else "cpu")

    def autocast(self) -> torch.autocast:
        """Return the context that weight steps compute their logits and loss in."""
        device = self.torch_device.type
        low = self.precision == "bfloat16" or (self.precision == "auto" and device == "cuda")
        return torch.autocast(device, torch.bfloat16, enabled=low)

    @property
    def augmentation(self) -> Augmentation:
        """Shifts, and mirroring unless that would change the class."""
        flip = self.data != DIGITS if self.flip is None else self.flip
        return Augmentation(flip=flip)

    def expand_space(self, source: Source | None = None) -> Space:
        """Return the space for the data: its channels, classes and image size.

        ``source`` saves opening the data again. Where ``data`` is empty, they are the space's own.
        """
        definition = load_definition(self.space)
        if source is None and self.data:
            source = open_data(self.data)
        if source is None:
            return definition.adapt(
                resolution=self.resolution, width_multiplier=self.width
            ).expand()
        resolution = self.resolution
        if resolution is None:
            resolution = source.resolution(definition.input.resolution)
        return definition.adapt(
            channels=source.channels,
            resolution=resolution,
            classes=len(source.class_names),
            width_multiplier=self.width,
        ).expand()


LIMITS = ("max_params", "max_macs", "max_bytes", "max_peak_memory")


@dataclass(frozen=True)
class DeviceConfig:
    """A device to search for, and what a network may take there.

    Latencies come from one profile of ``table``: see ``latency.load_predictor``. ``target_ms`` is
    met, ``max_ms`` is kept and made use of.
    """

    __pydantic_config__ = STRICT
    table: str
    target_ms: float | None = None
    max_ms: float | None = None
    runtime: str | None = None
    device: str | None = None
    threads: int | None = None
    batch: int | None = None
    dtype: str | None = None

    def __post_init__(self) -> None:
        check_limits({"target_ms": self.target_ms, "max_ms": self.max_ms})
        if self.target_ms is not None and self.max_ms is not None:
            raise InputError("--target-ms and --max-ms are two aims for one time: give one of them")

    @property
    def profile(self) -> Wanted:
        """Which profile of the table."""
        return Wanted(self.runtime, self.device, self.threads, self.batch, self.dtype)

    @property
    def limit_ms(self) -> float | None:
        """What a network may take at most, if that is given."""
        return self.max_ms if self.target_ms is None else self.target_ms


@dataclass(frozen=True)
class SyncConfig:
    """How the ``workers`` that torchrun started share a search or a training.

    Each trains on batches of its own; gradients are averaged ``delay`` steps late, those of
    ``period`` steps together, sent as ``codec`` makes them (of which top-k keeps the share
    ``kept``). ``paths``, of a search: workers train the "same" path at a step, so that only one
    path's gradients travel, or each its "own". ``transport`` is "direct", "ring", or "auto" for the
    faster. Until averages come a worker goes ahead with its own gradients, "damped", or "exact" as
    far as they would take it alone. A worker that keeps the others waiting for ``timeout`` seconds
    is left behind.
    """

    __pydantic_config__ = STRICT
    workers: int
    delay: int = 0
    period: int = 1
    codec: str = "dense"
    kept: float = 0.01
    paths: str = "same"
    timeout: float = 30.0
    interface: str | None = None
    transport: str = "auto"
    ahead: str = "damped"

    def __post_init__(self) -> None:
        if self.delay < 0:
            raise InputError(f"--delay {self.delay} is below 0")
        if self.period < 1:
            raise InputError(f"--period {self.period} is not at least 1")
        if self.paths not in ("same", "own"):
            raise InputError(f"--paths {self.paths!r} is not same or own")
        if self.timeout < 1:
            raise InputError(f"--timeout {self.timeout:g} is not at least 1 second")
        codec = get_codec(self.codec, self.kept)
        if self.ahead not in WAYS:
            raise InputError(f"--ahead {self.ahead!r} is not {' or '.join(WAYS)}")
        if self.transport not in ("auto", *TRANSPORTS):
            raise InputError(f"--transport {self.transport!r} is not auto, direct or ring")
        if self.transport == "ring" and not codec.exact:
            raise InputError(f"--transport ring cannot add up --codec {self.codec}: choose dense")


@dataclass(frozen=True)
class SearchConfig:
    """One search, for one device or several that share the weights of the supernet.

    At least one budget a device: a time of its own, or one that every network keeps. Bytes are of
    deployed float32 weights (``max_bytes``) and of activations alive at once, one image a call
    (``max_peak_memory``).

    ``pareto`` asks for so many networks more for each device, from fast to slow.

    Weights train alone for ``warmup_epochs`` on uniform paths. Then, over ``epochs``, the
    architecture moves every ``architecture_interval`` weight steps, after ``frozen_epochs``;
    ``architecture_learning_rate`` None means: enough to move a parameter by 5 over the search, but
    at least the published 1e-3.
    """

    __pydantic_config__ = STRICT
    task: TaskConfig
    devices: tuple[DeviceConfig, ...]
    max_params: float | None = None
    max_macs: float | None = None
    max_bytes: float | None = None
    max_peak_memory: float | None = None
    method: str = "gradient"
    latency_loss: str = "multiplier"
    warmup_epochs: int = 40
    epochs: int = 120
    frozen_epochs: int = 1
    architecture_interval: int = 5
    architecture_learning_rate: float | None = None
    validation_share: float = 0.2
    warmup_learning_rate: float = 0.05
    pareto: int = 0
    recipe: Recipe = field(default_factory=lambda: Recipe(learning_rate=0.025))
    sync: SyncConfig | None = None

    def __post_init__(self) -> None:
        shared = {name: getattr(self, name) for name in LIMITS}
        check_limits(shared)
        if not self.devices:
            raise InputError("a search needs a device: give the --table of at least one")
        if all(limit is None for limit in shared.values()) and any(
            device.limit_ms is None for device in self.devices
        ):
            options = ", ".join(map(_option, ("target_ms", "max_ms", *LIMITS)))
            raise InputError(f"a search needs a budget: give {options}")
        if self.epochs <= self.frozen_epochs:
            raise InputError(
                f"--epochs {self.epochs} leaves no epoch to search in: the architecture is left "
                f"alone for {self.frozen_epochs}"
            )
        if self.warmup_epochs < 0:
            raise InputError(f"--warmup-epochs {self.warmup_epochs} is below 0")
        if not 0 < self.validation_share < 1:
            raise InputError(f"--validation-share {self.validation_share} is not between 0 and 1")
        if self.pareto < 0 or self.pareto == 1:
            raise InputError(f"--pareto {self.pareto} is no number of networks: give 2 or more")
        for name in ("warmup_learning_rate", "architecture_learning_rate"):
            rate = getattr(self, name)
            if rate is not None and not 0 < rate < float("inf"):
                raise InputError(f"{_option(name)} {rate:g} is not above 0")
        check_latency_loss(self.latency_loss)
        if self.sync is not None and self.sync.paths == "own" and self.method == "two-path":
            raise InputError("--method two-path needs the same two paths everywhere: --paths same")
        if self.architecture_interval < 1:
            raise InputError(f"--interval {self.architecture_interval} is not at least 1")


def check_limits(limits: Mapping[str, float | None]) -> None:
    """Refuse limits that are not above 0."""
    for name, limit in limits.items():
        if limit is not None and not limit > 0:
            raise InputError(f"{_option(name)} {limit:g} is not above 0")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


@dataclass(frozen=True)
class TrainConfig:
    """Training one architecture on the whole training set.

    ``mixup`` is the alpha of its Beta distribution (0: none), ``average`` the decay of the moving
    average of the weights that is kept instead of them (0: none), ``teacher`` a trained run, or
    "supernet", whose logits are learned from too; ``from_supernet`` begins with the weights that
    the search ended with, not from scratch. ``sync`` is how workers share the training (None: it
    is one process's).
    """

    __pydantic_config__ = STRICT
    task: TaskConfig
    architecture: Architecture
    epochs: int = 100
    recipe: Recipe = field(default_factory=Recipe)
    mixup: float = 0.0
    average: float = 0.0
    teacher: str | None = None
    from_supernet: bool = False
    sync: SyncConfig | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise InputError(f"--epochs {self.epochs} is not at least 1")
        if self.mixup < 0:
            raise InputError(f"--mixup {self.mixup:g} is below 0")
        if not 0 <= self.average < 1:
            raise InputError(f"--average {self.average:g} is not at least 0 and below 1")
