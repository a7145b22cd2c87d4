"""What must hold inside a store: one module a subject, found in this folder.

A module has ``check(connection)``, which yields Findings and reads in a streaming way: whatever is
derived is computed anew from the log and compared. ``epihub verify`` runs them in one transaction.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules

import apsw

from storage.sqlite.checks.finding import Finding, Wrongs

Check = Callable[[apsw.Connection], Iterator[Finding]]


def load() -> list[Check]:
    """Every check of this folder, in the order of the modules' names."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return [module.check for module in modules if hasattr(module, "check")]


def check_all(connection: apsw.Connection) -> Iterator[Finding]:
    """Run every check on one moment of the store; the connection may only read."""
    for check in load():
        yield from check(connection)


__all__ = ["Finding", "Wrongs", "check_all", "load"]
