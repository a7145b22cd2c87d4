"""A report of tables as an answer of the API."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from api.access import Identity, unauthorized
from api.answers import answer
from api.console.wording import Language
from api.deck import OfDeck
from api.reports.frame.csv_form import csv_form
from api.reports.frame.document import Copy, body
from api.reports.frame.tabular import TabularReport
from api.reports.frame.telling import Asker, Teller
from api.reports.pdf_threads import Press


class TabularAnswer(BaseModel):
    """``sha256`` of the canonical JSON of ``report``; ``revision`` null: not registered, the hub was away."""

    sha256: str
    revision: int | None
    up_to: int = Field(description="Log number with which this revision was first told.")
    store: str = Field(description="First eight digits of the store's id: revisions are its own.")
    report: dict[str, Any]


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


def _asker(request: Request) -> Asker:
    """Of the identity that the guard found."""
    who: Identity | None = request.scope.get("epihub.identity")
    if who is None:
        raise unauthorized()
    return Asker(who.id)


OfAsker = Annotated[Asker, Depends(_asker)]


def told_tables(report: TabularReport, press: Press) -> Callable[..., Awaitable[Response]]:
    wanted_type: Any = Annotated[report.query, Query()]

    async def one_report(deck: OfDeck, wanted: wanted_type, asker: OfAsker) -> Response:
        """As known now, or as revision ``revision`` told it: the same bytes each time."""
        copy = await Teller(deck, report, asker).tell(wanted)
        if wanted.format == "json":
            return _headed(answer(body(copy)), copy)
        made = await press.run(partial(_FORMS[wanted.format], copy, wanted.lang))
        return _headed(_file(made, copy, wanted.format), copy)

    return one_report


def _headed(made: Response, copy: Copy) -> Response:
    made.headers["X-Report-SHA256"] = copy.sha256
    made.headers["X-Report-Revision"] = "none" if copy.revision is None else str(copy.revision)
    return made
