"""References in docstrings: linked where there is an entry, and wrong where there is no such thing.

Most names that annotations and docstrings mention have no entry in our reference, such as those of
PyTorch. A name that can be imported is right all the same; any other one is a broken reference.
"""

import ast
import inspect
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec

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
    return importable(name) or any(map(importable, around)) or name in imported_for_types() or None


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
def imported_for_types() -> set[str]:
    """Return the names that our modules import for annotations alone, below ``TYPE_CHECKING``."""
    loaded = [name for name in sys.modules if name.split(".")[0] in ROOTS]
    trees = [ast.parse(inspect.getsource(sys.modules[name])) for name in loaded]
    guarded = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imports = [node for guard in guarded for node in guard.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}
