"""References in docstrings: linked where there is an entry, and wrong where there is no such thing.

Most names that annotations and docstrings mention have no entry in our reference, such as those of
PyTorch. A name that can be imported is right all the same; any other one is a broken reference.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec, resolve_name

from docutils.nodes import Element, reference
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from .reference import ROOTS


def link_by_last_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element
) -> reference | None:
    """Link a Python name that is not spelled out to the one entry that ends in it."""
    if node["refdomain"] != "py":
        return None
    node["refspecific"] = True
    domain = env.domains.python_domain
    where, kind, name = node["refdoc"], node["reftype"], node["reftarget"]
    return domain.resolve_xref(env, where, app.builder, kind, name, node, content)


def name_exists(app: Sphinx, domain: object, node: pending_xref) -> bool | None:
    """Say that a reference without an entry is right, where what it names exists."""
    if node["refdomain"] != "py":
        return None
    name, module = node["reftarget"].lstrip("."), node.get("py:module") or ""
    parts = module.split(".")
    around = (".".join([*parts[:length], name]) for length in range(len(parts), 0, -1))
    first, dot, rest = name.partition(".")
    full = f"{imported_for_types().get(first, first)}{dot}{rest}"
    return importable(full) or any(map(importable, around)) or None


def importable(name: str) -> bool:
    """Whether a name is that of a module, or of something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if not exists(".".join(parts[:length])):
            continue
        thing = import_module(".".join(parts[:length]))
        for part in parts[length:]:
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


def exists(module: str) -> bool:
    """Whether there is such a module."""
    try:
        return find_spec(module) is not None
    except (ModuleNotFoundError, ValueError):  # what it would lie in is no package
        return False


@cache
def imported_for_types() -> dict[str, str]:
    """Return what modules import for annotations alone, below ``TYPE_CHECKING``, by its name."""
    found: dict[str, str] = {}
    for name in [name for name in sys.modules if name.split(".")[0] in ROOTS]:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
        guards = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
        for guard in guards:
            if ast.unparse(guard.test) == "TYPE_CHECKING":
                found.update(imports(guard, sys.modules[name].__package__))
    return found


def imports(guard: ast.If, package: str | None) -> Iterator[tuple[str, str]]:
    """Yield the name and the full name of everything that is imported below a condition."""
    for node in guard.body:
        match node:
            case ast.ImportFrom(module, names, level):
                module = resolve_name(f"{'.' * level}{module or ''}", package)
                yield from ((one.asname or one.name, f"{module}.{one.name}") for one in names)
            case ast.Import(names):
                yield from ((one.asname or one.name, one.name) for one in names)
