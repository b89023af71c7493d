"""Whatever stands in a checkpoint, work goes on from it or refuses it in a sentence."""

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from support import run_cli

from proxyless.engine.loaded_state import check_finite, check_optimizer_state
from proxyless.runs.checkpoint import load_checkpoint, save_checkpoint

KEPT = Path(__file__).parents[2] / "kept" / "0.2"
EXPECTED = json.loads((KEPT / "expected.json").read_text())["halves"]
HALVES = ("half-gradient", "half-two-path", "half-reinforce", "several")
NASTY: tuple[Any, ...] = (
    None, True, -1, 0, 2**62, float("nan"), float("inf"), "", "x", [], {}, [[]], {"": None},
    torch.tensor(float("nan")), torch.zeros(3), torch.zeros(0), torch.ones(2, 2, dtype=torch.int8),
    torch.full((4,), -1),
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in a state."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, (dict, list)):
        for key in list(value) if isinstance(value, dict) else list(range(len(value))):
            found += [(value, key), *places(value[key])]
    return found


def spoil(state: dict[str, Any], data: st.DataObject) -> None:
    """Change one thing in a state."""
    container, key = data.draw(st.sampled_from(places(state)))
    if data.draw(st.booleans(), label="removed"):
        del container[key]
    elif isinstance(container[key], torch.Tensor) and data.draw(st.booleans(), label="one element"):
        tensor = container[key].clone()
        if tensor.numel():
            value = float("nan") if tensor.is_floating_point() else -1
            tensor.view(-1)[0] = value if tensor.dtype not in (torch.uint8, torch.bool) else 255
        container[key] = tensor
    else:
        container[key] = data.draw(st.sampled_from(NASTY))


@pytest.mark.slow
@pytest.mark.parametrize("name", HALVES)
@given(data=st.data())
@settings(max_examples=6)
def test_a_spoilt_checkpoint_is_refused_or_continued(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(KEPT, tmp_path_factory.mktemp("kept") / "0.2"))
    expected = EXPECTED[name]
    path = folder / expected["run"] / expected["phase"] / "checkpoint.pt"
    state = load_checkpoint(path)
    spoil(state, data)
    save_checkpoint(state, path)
    log = path.with_name("log.jsonl").read_bytes()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        patch.chdir(folder)
        outcome = run_cli(*expected["command"])
    assert outcome.status in (0, 2), outcome.stderr
    if outcome.status == 2 and "diverged" not in outcome.stderr:
        assert path.with_name("log.jsonl").read_bytes() == log, "nothing was changed"


@pytest.mark.parametrize(
    "state",
    [
        {"a": [torch.tensor([1.0, float("nan")])]},
        {"a": float("inf")},
        {"a": {"b": (1, -float("inf"))}},
    ],
)
def test_what_is_not_finite_is_named(state: object) -> None:
    check_finite({"a": [torch.ones(2), torch.tensor([1, 2])], "b": "nan", "c": None})
    with pytest.raises(ValueError, match=r"^a.* not finite$"):
        check_finite(state)


def test_an_optimisers_state_fits_its_parameters_and_settings() -> None:
    weight = torch.nn.Parameter(torch.ones(2, 3))
    optimizer = torch.optim.SGD([weight], 0.1, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    check_optimizer_state(optimizer, state)
    for change in ({"momentum": 0.5}, {"weight_decay": 5.0}, {"nesterov": True}):
        groups = [{**state["param_groups"][0], **change}]
        with pytest.raises(ValueError, match="the optimiser's"):
            check_optimizer_state(optimizer, {**state, "param_groups": groups})
    for wrong in ({"momentum_buffer": torch.ones(6)}, {}, {"exp_avg": torch.ones(2, 3)}):
        with pytest.raises(ValueError, match="the optimiser's"):
            check_optimizer_state(optimizer, {**state, "state": {0: wrong}})


@pytest.mark.parametrize(
    "change", [{"step": torch.tensor(-1.0)}, {"step": "1"}, {"step": None}, {"exp_avg": 1.0}]
)
def test_an_optimisers_step_is_a_number(change: dict[str, object]) -> None:
    weight = torch.nn.Parameter(torch.ones(2, 3))
    optimizer = torch.optim.Adam([weight])
    weight.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    check_optimizer_state(optimizer, state)
    spoilt = {0: {**state["state"][0], **change}}
    with pytest.raises((ValueError, TypeError)):
        check_optimizer_state(optimizer, {**state, "state": spoilt})
