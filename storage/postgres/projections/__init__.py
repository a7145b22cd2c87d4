"""Projections: modules by event type, found in this folder and run in the events' own transaction.

A module has ``TYPE`` (or ``TYPES``), ``prepare(stored, payload)``, pure, which may raise ValueError (the
event then goes to quarantine, whole), ``apply(session, entries)`` for all new events of one type in a commit,
in order, and, where an event can be known without the log, ``seen(session, entries)``. Like those of SQLite
they depend on an edge's order (epoch, seq), never on arrival.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

from storage.admission import Stored
from storage.postgres.entries import Entry
from storage.postgres.session import Session


class Projection(NamedTuple):
    """What one module does with events of its type; ``seen`` gives the ids that the log forgot."""

    prepare: Callable[[Stored, Any], Any]
    apply: Callable[[Session, list[Entry]], Awaitable[None]]
    seen: Callable[[Session, list[Entry]], Awaitable[set[bytes]]] | None


def load() -> dict[str, Projection]:
    """Every projection of this folder by event type."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {
        type_: Projection(module.prepare, module.apply, getattr(module, "seen", None))
        for module in modules
        for type_ in getattr(module, "TYPES", None) or (module.TYPE,)
    }
