"""A supernet under data parallelism: weight steps in it, architecture steps beside it."""

from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from nursery import Nursery
from support import MICRO
from torch.nn.parallel import DistributedDataParallel

from proxyless.nas.supernet import Supernet
from proxyless.nas.updates.gradient import gate_gradients
from search_spaces import load_space

WORKERS = 2
PATHS = ([0, 4, 3, 0], [1, 2, 3, 4], [3, 4, 0, 2])
"""What all workers run, step by step: candidates come and go, skips among them."""


def work(rank: int, place: str) -> None:
    """Take three steps of each kind as one of the workers; leave what came of them."""
    folder = Path(place)
    store = dist.FileStore(str(folder / "store"), WORKERS)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=WORKERS)
    torch.manual_seed(0)
    supernet = Supernet(load_space(folder / "micro.toml"))
    parallel = DistributedDataParallel(supernet, find_unused_parameters=True)
    optimizer = torch.optim.SGD(supernet.parameters(), lr=0.1)
    generator = torch.Generator().manual_seed(rank)
    every = [list(range(len(block))) for block in supernet.blocks]
    gates = []
    for path in PATHS:
        images = torch.randn(6, 1, 8, 8, generator=generator)
        labels = torch.randint(0, 3, (6,), generator=generator)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(F.cross_entropy(parallel(images, path), labels))
        optimizer.step()
        found = gate_gradients(supernet, images, labels, path, every)["gates"]
        dist.all_reduce(found)
        gates.append(found)
    torch.save({"weights": supernet.state_dict(), "gates": gates}, folder / f"{rank}.pt")
    dist.destroy_process_group()


def test_gates_disturb_no_reduction_and_workers_stay_alike(
    tmp_path: Path, nursery: Nursery
) -> None:
    (tmp_path / "micro.toml").write_text(MICRO)
    workers = [nursery.call(work, rank, str(tmp_path)) for rank in range(WORKERS)]
    for worker in workers:
        assert worker.wait(120) == 0
    one, other = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(WORKERS))
    for name, weights in one["weights"].items():
        assert torch.equal(weights, other["weights"][name]), name
    for mine, theirs in zip(one["gates"], other["gates"], strict=True):
        assert torch.equal(mine, theirs)
        assert mine.isfinite().all()
        assert mine.count_nonzero() > 0
