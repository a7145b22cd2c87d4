"""The measurements that epihub writes: one module each, found by folder."""

from functools import cache
from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules
from typing import cast

from storage.influx.measurements.measurement import Measurement


@cache
def measurements() -> tuple[Measurement, ...]:
    """Every measurement, by its name."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found = [cast(Measurement, module) for module in modules if hasattr(module, "NAME")]
    return tuple(sorted(found, key=attrgetter("NAME")))


def event_types() -> frozenset[str]:
    """Types of events that a page of the log must have for them."""
    return frozenset[str]().union(*(each.TYPES for each in measurements()))
