"""What a report is, and where all of them are found."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

import api.reports
from api.console.wording import Language
from api.deck import Deck
from api.reports.frame.tabular import TabularReport

Format = Literal["json", "csv", "pdf"]
Facts = dict[str, Any]  # ready for JSON: texts, numbers, lists, objects, null


class ReportQuery(BaseModel):
    """What every report is asked; a report adds its own."""

    model_config = ConfigDict(extra="forbid")

    format: Format = Field("json", description="json has the data, csv and pdf their words too.")
    lang: Language = Field("vi", description="Of the words in csv and pdf.")


@dataclass(frozen=True, slots=True)
class Report:
    """A report of its own shape; one of tables is a TabularReport (api/reports/frame/tabular.py).

    ``facts`` reads what it tells; ``csv`` and ``pdf`` put it into words, pure, in a thread of their own.

    ``file_name`` of facts, without its ending. ``pdf`` may raise ImportError: an extra is not installed.
    """

    name: str
    query: type[ReportQuery]
    facts: Callable[[Deck, Any], Awaitable[Facts]]
    csv: Callable[[Facts, Language], bytes]
    pdf: Callable[[Facts, Language], bytes]
    file_name: Callable[[Facts], str]
    example: Facts


def find_reports() -> list[Report]:
    """Every report of its own shape, by name."""
    return sorted((one for one in _found() if isinstance(one, Report)), key=lambda report: report.name)


def find_tabular() -> list[TabularReport]:
    """Every report of tables, by its number in the plan."""
    found = (one for one in _found() if isinstance(one, TabularReport))
    return sorted(found, key=lambda report: (report.system, report.name))


def _found() -> list[Report | TabularReport]:
    prefix = "api.reports."
    names = [each.name for each in pkgutil.iter_modules(api.reports.__path__, prefix) if each.ispkg]
    modules = [importlib.import_module(name) for name in names]
    return [module.REPORT for module in modules if hasattr(module, "REPORT")]
