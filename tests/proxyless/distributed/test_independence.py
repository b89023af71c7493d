"""The package is a library of its own: it imports nothing of the rest, and starts light."""

import pkgutil
import subprocess
import sys

import proxyless.distributed

ROOT = "proxyless.distributed"
HEAVY = {"torch", "numpy", "safetensors", "pydantic"}


def imported_by(statement: str) -> set[str]:
    """Run a statement in a fresh process; return the modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def modules() -> list[str]:
    return [m.name for m in pkgutil.walk_packages(proxyless.distributed.__path__, ROOT + ".")]


def test_every_module_of_it_imports_nothing_of_the_rest() -> None:
    names = modules()
    assert {f"{ROOT}.algorithm.delayed", f"{ROOT}.plan.simulation"} <= set(names)
    found = imported_by("import " + ", ".join([ROOT, *names]))
    ours = {
        name for name in found if name.split(".")[0] in ("proxyless", "latency", "search_spaces")
    }
    assert ours == {"proxyless", ROOT, *names}


def test_importing_it_imports_nothing_heavy() -> None:
    found = imported_by(f"import {ROOT}, {ROOT}.plan.command, {ROOT}.algorithm.codecs.registry")
    assert not {name.split(".")[0] for name in found} & HEAVY


def test_every_public_name_is_there() -> None:
    names = vars(proxyless.distributed)["__all__"]
    assert {"Delayed", "Membership", "World", "DistributedError", "plan"} <= set(names)
    assert all(getattr(proxyless.distributed, name) is not None for name in names)
