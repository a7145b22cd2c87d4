"""A report of tables as an answer of the API: its copy, its revisions, and what changed."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field, create_model

from api.access import Identity, unauthorized
from api.answers import answer, listing
from api.console.wording import Language
from api.deck import OfDeck
from api.reports.frame.changes import MOST_CHANGES, change_item, changes
from api.reports.frame.csv_form import csv_form
from api.reports.frame.document import Copy, body
from api.reports.frame.tabular import TabularReport
from api.reports.frame.telling import Teller
from api.reports.pdf_threads import Press
from hub.events import format_time
from storage.reporting import Revision

REVISION_TYPE = "report.revision"
Handler = Callable[..., Awaitable[Response]]


class TabularAnswer(BaseModel):
    """``sha256`` of the canonical JSON of ``report``; ``revision`` null: not registered, the hub was away."""

    sha256: str
    revision: int | None
    up_to: int = Field(description="Log number with which this revision was first told.")
    store: str = Field(description="First eight digits of the store's id: revisions are its own.")
    report: dict[str, Any]


class ChangesAnswer(BaseModel):
    """Cells that say otherwise; ``left_out``: how many more there are."""

    report: str
    before: dict[str, Any]
    after: dict[str, Any]
    items: list[dict[str, Any]]
    left_out: int
    next_cursor: None = None


def _xlsx(copy: Copy, language: Language) -> bytes:
    from api.reports.frame.xlsx_form import xlsx_form  # needs the extra

    return xlsx_form(copy, language)


def _pdf(copy: Copy, language: Language) -> bytes:
    from api.reports.frame.pdf_form import pdf_form  # needs the extra

    return pdf_form(copy, language)


_FORMS: dict[str, Callable[[Copy, Language], bytes]] = {"csv": csv_form, "xlsx": _xlsx, "pdf": _pdf}
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def _file(made: bytes, copy: Copy, form: str) -> Response:
    """Named by report, day and revision."""
    number = "unregistered" if copy.revision is None else f"r{copy.revision}"
    name = f"{copy.document.report}-{copy.document.query['date']}-{number}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made, media_type=_TYPES[form], headers=headers)


def _who(request: Request) -> Identity:
    """Whom the guard found."""
    who: Identity | None = request.scope.get("epihub.identity")
    if who is None:
        raise unauthorized()
    return who


OfAsker = Annotated[Identity, Depends(_who)]


def told_tables(report: TabularReport, press: Press) -> Handler:
    wanted_type: Any = Annotated[report.query, Query()]

    async def one_report(request: Request, deck: OfDeck, wanted: wanted_type, who: OfAsker) -> Response:
        """As known now, or as revision ``revision`` told it: the same bytes each time."""
        copy = await Teller(deck, report, who).tell(wanted)
        headers = _headers(copy, f"{wanted.format}-{wanted.lang}")
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if wanted.format == "json":
            made = answer(body(copy))
        else:
            form = await press.run(partial(_FORMS[wanted.format], copy, wanted.lang))
            made = _file(form, copy, wanted.format)
        made.headers.update(headers)
        return made

    return one_report


def told_revisions(report: TabularReport) -> Handler:
    wanted_type: Any = Annotated[report.query, Query()]

    async def revisions(deck: OfDeck, wanted: wanted_type, who: OfAsker) -> Response:
        """As which revisions this question was answered, the newest first."""
        found = await Teller(deck, report, who).revisions(wanted)
        return listing(map(revision_item, found))

    return revisions


def told_changes(report: TabularReport) -> Handler:
    since: Any = (int | None, Field(None, ge=1, description="A revision; without it: the day before."))
    asked = create_model(f"{report.query.__name__}Since", __base__=report.query, since=since)
    wanted_type: Any = Annotated[asked, Query()]

    async def what_changed(deck: OfDeck, wanted: wanted_type, who: OfAsker) -> Response:
        """Cell by cell since revision ``since``, or since how the report of the day before was told last."""
        plain = report.query.model_validate(wanted.model_dump(by_alias=True, exclude={"since"}))
        found = await Teller(deck, report, who).compare(plain, wanted.since)
        told = changes(found.before.document.content, found.after.document.content)
        return answer(
            {
                "report": report.name,
                "before": _named(found.before),
                "after": _named(found.after),
                "items": [change_item(one) for one in told[:MOST_CHANGES]],
                "left_out": max(0, len(told) - MOST_CHANGES),
                "next_cursor": None,
            }
        )

    return what_changed


def revision_item(told: Revision) -> dict[str, Any]:
    """Ready for JSON; ``received``: when it was first told."""
    return {
        "id": f"{told.report}/{told.revision}",
        "type": REVISION_TYPE,
        "received": format_time(told.at_ms),
        "report": told.report,
        "revision": told.revision,
        "up_to": told.up_to,
        "sha256": told.sha256,
        "event_count": told.event_count,
    }


def _named(copy: Copy) -> dict[str, Any]:
    told = {"date": copy.document.query["date"], "revision": copy.revision}
    return told | {"up_to": copy.up_to, "sha256": copy.sha256}


def _headers(copy: Copy, form: str) -> dict[str, str]:
    number = "none" if copy.revision is None else str(copy.revision)
    tag = f'"{copy.sha256}-{number}-{copy.up_to}-{form}"'
    return {"X-Report-SHA256": copy.sha256, "X-Report-Revision": number, "ETag": tag}
