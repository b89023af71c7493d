"""Fields that name plug-ins: which registry each takes its names from, imported when it is asked.

The library takes any word there and asks the registry when the name is used. The command line shows
the names, and refuses others before anything begins.
"""

from dataclasses import is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from search_spaces.errors import InputError
from search_spaces.fields import Declared, declared

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

REGISTRIES = {
    "proxyless.updates": "proxyless.nas.updates.registry:METHODS",
    "proxyless.runtimes": "latency.runtimes.registry:RUNTIMES",
    "proxyless.aggregators": "proxyless.distributed.algorithm.aggregators.registry:AGGREGATORS",
    "proxyless.codecs": "proxyless.distributed.algorithm.codecs.registry:CODECS",
    "proxyless.local_updates": (
        "proxyless.distributed.algorithm.local_update.registry:LOCAL_UPDATES"
    ),
}
"""Where the registry of a group of entry points is."""


class Names(Protocol):
    """What a registry says here."""

    def names(self) -> tuple[str, ...]:
        """Return every name, our own first."""


def with_names(field: Declared) -> Declared:
    """Return a field with the names of its registry as choices; one without a registry as it is."""
    if not field.group:
        return field
    module, _, attribute = REGISTRIES[field.group].partition(":")
    registry: Names = getattr(import_module(module), attribute)
    return field.with_choices(registry.names())


def check_names(config: "DataclassInstance") -> None:
    """Refuse what names no plug-in, in a configuration or one within it.

    Raises:
        InputError: as "`method` 'magic' is not gradient or two-path".
    """
    for field in declared(type(config)):
        value = getattr(config, field.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if is_dataclass(inner) and not isinstance(inner, type):
                check_names(inner)
        if field.group:
            for fault in with_names(field).faults(value):
                raise InputError(fault)
