"""The reference: a page for each package, with every public name's signature and docstring."""

import sys
from importlib import import_module
from inspect import isclass, ismodule, isroutine
from pathlib import Path

from sphinx.pycode import ModuleAnalyzer

from .mentions import leave_out_checks, mentioned

PACKAGES = {
    "proxyless": [],
    "latency": [],
    "search_spaces": [],
    "proxyless.distributed": [],
    "proxyless.distributed.plan": [],
}
"""What is documented: the public names of these packages, and further names below them."""

ROOTS = tuple(dict.fromkeys(name.split(".")[0] for name in PACKAGES))


def write_pages(folder: Path) -> None:
    """Write the page of every package into ``folder``; a page that is as it was is not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, text in pages().items():
        path = folder / f"{package}.rst"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def pages() -> dict[str, str]:
    """Return the page of each package as reStructuredText."""
    public = {package: public_names(package) for package in PACKAGES}
    things = [thing for names in public.values() for thing in names.values()]
    further: dict[str, dict[str, object]] = {package: {} for package in PACKAGES}
    for kind in mentioned(things, ROOTS):
        further[home(kind)][f"{kind.__module__}::{kind.__qualname__}"] = kind
    for thing in (*things, *(kind for kinds in further.values() for kind in kinds.values())):
        if isclass(thing):
            leave_out_checks(thing)
    return {package: page(package, public[package], further[package]) for package in PACKAGES}


def public_names(package: str) -> dict[str, object]:
    """Return what a package offers by its address, as in ``latency::profile``.

    A package within it has a page of its own.
    """
    module = import_module(package)
    named = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    names = {f"{package}::{name}": thing for name, thing in named.items() if not ismodule(thing)}
    for further in PACKAGES[package]:
        below, _, name = further.rpartition(".")
        names[f"{package}.{below}::{name}"] = getattr(import_module(f"{package}.{below}"), name)
    return names


def home(kind: type) -> str:
    """Return the innermost package with a page that a class was defined below."""
    around = [name for name in PACKAGES if f"{kind.__module__}.".startswith(f"{name}.")]
    return max(around, key=len)


def page(package: str, public: dict[str, object], further: dict[str, object]) -> str:
    """Return a page: the package's docstring, its public names, and the classes they speak of."""
    lines = [package, "=" * len(package), "", f".. automodule:: {package}", "   :no-members:", ""]
    lines += entries(public)
    if further:
        title = "What these take and return"
        lines += [title, "-" * len(title), "", *entries(further)]
    return "\n".join(lines)


def entries(things: dict[str, object]) -> list[str]:
    """Return the lines that document things, in the alphabetical order of their last names."""
    lines = []
    for address in sorted(things, key=lambda address: address.split("::")[-1].lower()):
        lines += [*entry(address, things[address]), ""]
    return lines


def entry(address: str, thing: object) -> list[str]:
    """Return the directive that documents a class, an exception, a function or a constant."""
    if isclass(thing):
        kind = "autoexception" if issubclass(thing, BaseException) else "autoclass"
        return [f".. {kind}:: {address}", "   :members:"]
    if isroutine(thing):
        return [f".. autofunction:: {address}"]
    module, name = address.split("::")
    text = [f"   {line}" for line in constant_docstring(module, name, thing)]
    return [f".. py:data:: {name}", f"   :module: {module}", "", *text]


def constant_docstring(package: str, name: str, constant: object) -> list[str]:
    """Return what stands below a constant where it is defined, in a module of ``package``.

    Raises:
        LookupError: no module documents it.
    """
    for module in [module for module in sys.modules if f"{module}.".startswith(f"{package}.")]:
        if getattr(sys.modules[module], name, None) is constant:
            found = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", name))
            if found:
                return found
    raise LookupError(f"{package}.{name} is public: write a docstring below its definition")
