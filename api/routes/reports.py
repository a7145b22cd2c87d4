"""Reports as JSON, CSV or PDF, each with the hash of its data."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access import role
from api.answers import answer, listing
from api.deck import OfDeck
from api.reports.canonical_json import digest, revision
from api.reports.frame.answering import (
    ChangesAnswer,
    TabularAnswer,
    revision_item,
    told_changes,
    told_revisions,
    told_tables,
)
from api.reports.frame.dictionary import dictionary
from api.reports.frame.tabular import FORMATS, TabularReport
from api.reports.pdf_threads import Press
from api.reports.report import Report, find_reports, find_tabular
from api.schemas import ItemList, documented
from storage.reporting import Revision

router = APIRouter(tags=["reports"])
REPORT_TYPE = "report"
_TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


class ReportAnswer(BaseModel):
    """The data of a report, and the SHA-256 of their canonical JSON."""

    sha256: str
    revision: str
    report: dict[str, Any]


def _listed(reports: list[Report], tabular: list[TabularReport]) -> Callable[[], Awaitable[Response]]:
    async def all_reports() -> Response:
        """Which reports there are."""
        own = [{"id": one.name, "type": REPORT_TYPE, "formats": ["json", "csv", "pdf"]} for one in reports]
        of_tables = [
            {"id": one.name, "type": REPORT_TYPE, "formats": list(FORMATS), "system": one.system}
            for one in tabular
        ]
        return listing(of_tables + own)

    return all_reports


class DictionaryAnswer(BaseModel):
    """``terms``: what words mean; ``reports``: what each report's tables and columns are called."""

    terms: list[dict[str, Any]]
    reports: list[dict[str, Any]]


async def _dictionary() -> Response:
    """The data dictionary: person, test, case, the three dates, revision, source; every column."""
    return answer(dictionary(find_tabular()))


def _served(report: Report, press: Press) -> Callable[..., Awaitable[Response]]:
    wanted_type: Any = Annotated[report.query, Query()]

    async def one_report(deck: OfDeck, wanted: wanted_type) -> Response:
        """The same data give the same bytes; ``X-Report-SHA256`` is the hash that stands on every copy."""
        facts = await report.facts(deck, wanted)
        told = digest(facts)
        if wanted.format == "json":
            made = answer({"sha256": told, "revision": revision(told), "report": facts})
        else:
            make = report.csv if wanted.format == "csv" else report.pdf
            body = await press.run(partial(make, facts, wanted.lang))
            made = Response(body, media_type=_TYPES[wanted.format])
            name = f"{report.file_name(facts)}.{wanted.format}"
            made.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        made.headers["X-Report-SHA256"] = told
        return made

    return one_report


def _add_all() -> None:
    reports, press = find_reports(), Press()
    asked: dict[str, Any] = {"methods": ["GET"], "dependencies": [role("reporter")]}
    example = {"id": "cold-chain-monthly", "type": REPORT_TYPE, "formats": ["json", "csv", "pdf"]}
    router.add_api_route(
        "/reports", _listed(reports, find_tabular()), **asked, responses=documented(ItemList, example=example)
    )
    for report in reports:
        told = documented(ReportAnswer, 404, 422, 429, 501)
        shown = {"sha256": digest(report.example), "revision": revision(digest(report.example))}
        told[200]["content"]["application/json"]["example"] = shown | {"report": report.example}
        router.add_api_route(
            f"/reports/{report.name}",
            _served(report, press),
            **asked,
            responses=told,
            name=report.name,
        )
    asked = {"methods": ["GET"], "dependencies": [role("reporter", "public")]}
    router.add_api_route("/reports/dictionary", _dictionary, **asked, responses=documented(DictionaryAnswer))
    for tabular in find_tabular():
        _add_tables(tabular, press, asked)


def _add_tables(report: TabularReport, press: Press, asked: dict[str, Any]) -> None:
    """The public is told the same with small numbers of people withheld."""
    path, known = f"/reports/{report.name}", documented(TabularAnswer, 404, 410, 422, 429, 501)
    known[304] = {"description": "The copy of ``If-None-Match`` still stands"}
    router.add_api_route(path, told_tables(report, press), **asked, responses=known, name=report.name)
    shown = revision_item(Revision(report.name, "{}", 2, 4130, "ab" * 32, 4122, 1_628_200_000_000))
    listed = documented(ItemList, 422, example=shown)
    router.add_api_route(
        f"{path}/revisions",
        told_revisions(report),
        **asked,
        responses=listed,
        name=f"{report.name}.revisions",
    )
    changed = documented(ChangesAnswer, 404, 410, 422)
    router.add_api_route(
        f"{path}/changes", told_changes(report), **asked, responses=changed, name=f"{report.name}.changes"
    )


_add_all()
