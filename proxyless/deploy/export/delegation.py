"""Which nodes of a TFLite file the XNNPACK delegate runs, and which are left to slow kernels."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from latency.timing.engines import open_interpreter

DELEGATE = "DELEGATE"


class _Node(TypedDict):
    op_name: str
    inputs: Iterable[int]
    outputs: Iterable[int]


@dataclass(frozen=True)
class Delegation:
    """How many nodes the file has, and the kinds of those that no delegate took."""

    nodes: int
    left: tuple[str, ...]


def delegation(content: bytes) -> Delegation:
    """Open a file as it is run, and see what the interpreter's delegate replaced.

    A delegate's node stands for everything between its inputs and its outputs, so walking back from
    these to those finds what it replaced. LiteRT shows its nodes only by a method that it does not
    document.
    """
    nodes: list[_Node] = open_interpreter(content)._get_ops_details()
    own = [node for node in nodes if node["op_name"] != DELEGATE]
    maker = {int(output): number for number, node in enumerate(own) for output in node["outputs"]}
    taken: set[int] = set()
    for node in nodes:
        if node["op_name"] != DELEGATE:
            continue
        inputs = {int(tensor) for tensor in node["inputs"]}
        waiting = [int(tensor) for tensor in node["outputs"]]
        while waiting:
            tensor = waiting.pop()
            number = maker.get(tensor)
            if tensor in inputs or number is None or number in taken:
                continue
            taken.add(number)
            waiting += map(int, own[number]["inputs"])
    left = tuple(node["op_name"] for number, node in enumerate(own) if number not in taken)
    return Delegation(len(own), left)
