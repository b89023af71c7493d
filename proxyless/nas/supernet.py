"""The supernet: all candidates of all blocks; a forward pass runs one path."""

from collections.abc import Iterable, Sequence
from typing import cast

from torch import Tensor, nn

from search_spaces import Operation, Space
from search_spaces.memory import check_memory, weight_memory
from search_spaces.modules import OperationModule


class MixedOperation(nn.Module):
    """The candidates of one block, behind binary gates: exactly one runs (ProxylessNAS, eq. 3).

    Candidates that did not run have no gradient (``None``, not zero), so that momentum and weight
    decay do not change their weights.
    """

    def __init__(self, candidates: Iterable[Operation]) -> None:
        super().__init__()
        self.candidates = nn.ModuleList(_supernet_module(operation) for operation in candidates)

    def forward(self, x: Tensor, choice: int) -> Tensor:
        """Run candidate ``choice`` on (N, C, H, W)."""
        y: Tensor = self.candidates[choice](x)
        return y

    def __len__(self) -> int:
        return len(self.candidates)

    def __getitem__(self, choice: int) -> OperationModule:
        candidate = self.candidates[choice]
        assert isinstance(candidate, OperationModule)
        return candidate


class Supernet(nn.Module):
    """The fixed operations and the mixed operations of a space.

    Batch norms always use the statistics of the batch: running averages over steps of different
    paths would be meaningless, and evaluating candidates must have no side effects.
    """

    def __init__(self, space: Space) -> None:
        super().__init__()
        check_memory(weight_memory(space.all_operations()), f"the supernet of space {space.name}")
        self.before = nn.Sequential(*map(_supernet_module, space.before))
        self.mixed = nn.ModuleList(MixedOperation(block.candidates) for block in space.blocks)
        self.after = nn.Sequential(*map(_supernet_module, space.after))

    @property
    def blocks(self) -> list[MixedOperation]:
        """The mixed operations, in order."""
        return [cast(MixedOperation, block) for block in self.mixed]

    def forward(self, images: Tensor, path: Sequence[int]) -> Tensor:
        """Map images (N, C, H, W) to logits (N, classes) along one candidate index a block."""
        x: Tensor = self.before(images)
        for block, choice in zip(self.blocks, path, strict=True):
            x = block(x, choice)
        logits: Tensor = self.after(x)
        return logits


def _supernet_module(operation: Operation) -> OperationModule:
    return OperationModule(operation, running_statistics=False)
