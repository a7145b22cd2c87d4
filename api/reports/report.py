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

Format = Literal["json", "csv", "pdf"]
Facts = dict[str, Any]  # ready for JSON: texts, numbers, lists, objects, null


class ReportQuery(BaseModel):
    """What every report is asked; a report adds its own."""

    model_config = ConfigDict(extra="forbid")

    format: Format = Field("json", description="json has the data, csv and pdf their words too.")
    lang: Language = Field("vi", description="Of the words in csv and pdf.")


@dataclass(frozen=True, slots=True)
class Report:
    """``facts`` reads what it tells; ``csv`` and ``pdf`` put it into words, pure, in a thread of their own.

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
    """Every report, by name."""
    prefix = "api.reports."
    folders = [each.name for each in pkgutil.iter_modules(api.reports.__path__, prefix) if each.ispkg]
    found: list[Report] = [importlib.import_module(name).REPORT for name in folders]
    return sorted(found, key=lambda report: report.name)
