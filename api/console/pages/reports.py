"""Reports: all of a day with how each stands, one of them whole, its revisions and what changed."""

from datetime import date, timedelta

from nicegui import ui

from api.console.report_copy import draw_changes, draw_copy, draw_links, draw_revisions
from api.console.visit import ConsolePage, Tick, Visit
from api.local_days import day_of
from api.problems import Problem
from api.reports.frame.document import Copy
from api.reports.frame.tabular import EARLIEST, TabularQuery, TabularReport
from api.reports.frame.telling import Teller
from api.reports.frame.words import ReportWords, rows_of
from api.reports.report import find_tabular
from hub.errors import StoreUnavailable
from hub.places import register

_AGAIN_MS = 60_000


class Reports:
    """The page of one visitor; reports are told one a second, so that nine do not come at once."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._reports = {report.name: report for report in find_tabular()}
        self._waiting: list[str] = []
        self._asked_ms = 0
        self._chosen = ""
        say, self._day = visit.say, self._yesterday()
        ui.label(say("report.page.intro")).classes("eh-note")
        with ui.element("div").classes("eh-tools"):
            self._typed = ui.input(say("report.frame.date"), value=self._day.strftime("%d/%m/%Y"))
            self._typed.props("dense outlined maxlength=10").classes("eh-choice")
            units = register().reported_districts(self._day)
            named = {"": say("app.all")} | {unit.code: unit.full_name for unit in units}
            self._district = ui.select(named, value="", label=say("report.query.district"))
            self._district.props("dense outlined options-dense").classes("eh-choice")
            ui.button(say("report.page.show"), on_click=self._ask).props("unelevated no-caps")
            self._told = ui.label().classes("eh-told").props("role=status")
        self._cards = {name: self._card(report) for name, report in self._reports.items()}
        self._whole = ui.element("section").classes("eh-panel eh-report-whole")
        self._whole.set_visibility(False)

    def _yesterday(self) -> date:
        return day_of(self.visit.deck.now_ms(), self.visit.say.zone) - timedelta(days=1)

    def _card(self, report: TabularReport) -> tuple[ui.label, ui.element]:
        say, name = self.visit.say, report.name
        title = ReportWords(say, name).title()
        with ui.element("article").classes("eh-row eh-report-line"):
            ui.label(str(report.system)).classes("eh-chip")
            ui.button(title, on_click=lambda: self._open(name)).props("flat dense no-caps align=left")
            state = ui.label(say("report.page.waiting")).classes("eh-faint")
            links = ui.element("span").classes("eh-report-links")
        return state, links

    def _query(self, name: str) -> TabularQuery:
        told = {"date": self._day, "district": self._district.value or None}
        return self._reports[name].query.model_validate(told)

    async def _ask(self) -> None:
        """Another day or district: all anew."""
        at_ms = self.visit.say.read_moment(self._typed.value or "")
        day = None if at_ms is None else day_of(at_ms, self.visit.say.zone)
        if day is None or day < EARLIEST:
            self._told.set_text(self.visit.say("report.page.bad_day"))
            return
        self._day, self._asked_ms = day, 0
        self._told.set_text("")
        if self._chosen:
            await self._open(self._chosen)

    async def tick(self) -> None:
        """The next one that waits."""
        now_ms = self.visit.deck.now_ms()
        if now_ms - self._asked_ms >= _AGAIN_MS:
            self._asked_ms, self._waiting = now_ms, list(self._reports)
        if self._waiting:
            await self._renew(self._waiting.pop(0))

    async def _renew(self, name: str) -> None:
        state, links = self._cards[name]
        copy = await self._copy(name)
        state.set_text(self.visit.say("report.page.failed") if copy is None else self._state(copy))
        links.clear()
        with links:
            draw_links(self.visit, name, self._query(name))

    def _teller(self, name: str) -> Teller:
        return Teller(self.visit.deck, self._reports[name], self.visit.who)

    async def _copy(self, name: str) -> Copy | None:
        try:
            return await self._teller(name).tell(self._query(name))
        except Problem as problem:
            self._told.set_text(self.visit.say.named("report.problem", problem.code))
        except StoreUnavailable:
            self._told.set_text(self.visit.say("banner.store_away"))
        return None

    def _state(self, copy: Copy) -> str:
        """Revision, how many facts, who reported, what is wrong."""
        say, content = self.visit.say, copy.document.content
        words = ReportWords(say, copy.document.report)
        number = "—" if copy.revision is None else say.count(copy.revision)
        parts = [say("report.page.state", number=number, count=say.count(content.event_count or 0))]
        if content.completeness is not None:
            parts.append(f"{say('report.frame.completeness')}: {words.completeness(content)}")
        rows = [row for table in content.tables for row in rows_of(table)]
        if flagged := sum(bool(cell.flag) for row in rows for cell in row.cells):
            parts.append(say("report.page.flagged", count=say.count(flagged)))
        return " · ".join(parts)

    async def _open(self, name: str) -> None:
        """One report whole, below the list."""
        self._chosen = name
        copy = await self._copy(name)
        if copy is None:
            return
        asked, teller = self._query(name), self._teller(name)
        known = await teller.revisions(asked)
        try:
            compared = await teller.compare(asked, None)
        except Problem:
            compared = None  # the day before was told by another version of epihub
        self._whole.clear()
        self._whole.set_visibility(True)
        with self._whole:
            title = ReportWords(self.visit.say, name).title()
            ui.label(title).classes("eh-strong").props("role=heading aria-level=2")
            with ui.element("div").classes("eh-report-links"):
                draw_links(self.visit, name, asked)
            draw_copy(self.visit, copy)
            draw_revisions(self.visit, name, asked, known)
            if compared is not None:
                draw_changes(self.visit, compared)


def build(visit: Visit) -> Tick:
    return Reports(visit).tick


PAGE = ConsolePage("/reports", "reports", 50, "summarize", build)
