"""A section of a unit's page: found by folder, like pages, in the order that each of them names."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import api.console.unit
from api.console.visit import Tick, Visit


@dataclass(frozen=True, slots=True)
class UnitSection:
    """``build`` gets the visit and the device's id, makes elements inside the section's frame, and gives
    what renews them, called once a second; StoreUnavailable of it is told in the frame."""

    name: str  # key in the texts: section.<name> is its heading
    order: int
    build: Callable[[Visit, str], Tick]
    role: str = "reporter"
    wide: bool = False  # over the page's whole width


def find_sections() -> list[UnitSection]:
    """Every section of ``api.console.unit``, in their order."""
    prefix = "api.console.unit."
    names = [found.name for found in pkgutil.iter_modules(api.console.unit.__path__, prefix)]
    found: list[UnitSection] = [importlib.import_module(name).SECTION for name in names]
    return sorted(found, key=lambda section: section.order)
