"""The tables: a module here has ``TABLES``, and ``epihub export`` finds it."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from storage.exporting.table import Table


@cache
def tables() -> dict[str, Table]:
    """Every table by name, in the order of names."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    found: list[Table] = [table for module in modules for table in module.TABLES]
    return {table.name: table for table in sorted(found, key=lambda table: table.name)}
