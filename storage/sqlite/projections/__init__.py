"""Projections: modules by event type, found in this folder and run in the event's own transaction.

A module has ``TYPE`` (or ``TYPES``), ``apply(session, stored, payload)`` and, where an event
can be known without the log, ``seen(session, stored, payload)``. They may raise ValueError: the event
then goes to quarantine, whole. They must depend on an edge's order (epoch, seq), never on arrival.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

from storage.admission import Stored
from storage.sqlite.session import Session


class Projection(NamedTuple):
    """What one module does with an event of its type; ``seen`` tells a duplicate that the log forgot."""

    apply: Callable[[Session, Stored, Any], None]
    seen: Callable[[Session, Stored, Any], bool] | None


def load() -> dict[str, Projection]:
    """Every projection of this folder by event type."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {
        type_: Projection(module.apply, getattr(module, "seen", None))
        for module in modules
        for type_ in getattr(module, "TYPES", None) or (module.TYPE,)
    }
