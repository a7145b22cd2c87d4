"""One report on the page: what it says, its revisions, what changed, and files to take along."""

from collections.abc import Sequence
from urllib.parse import urlencode

from nicegui import ui

from api.console.report_tables import change_line, table_html
from api.console.visit import Visit
from api.reports.frame.changes import changes
from api.reports.frame.document import Copy
from api.reports.frame.tabular import FORMATS, TabularQuery
from api.reports.frame.telling import Compared
from api.reports.frame.words import ReportWords
from storage.reporting import Revision

PATH = "/api/v1/reports"
MOST_REVISIONS, MOST_CHANGES = 20, 60


def address(report: str, asked: TabularQuery, form: str, language: str) -> str:
    """Of a file of a report."""
    told = asked.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"format", "lang"})
    return f"{PATH}/{report}?{urlencode(told | {'format': form, 'lang': language})}"


def draw_links(visit: Visit, report: str, asked: TabularQuery) -> None:
    for form in FORMATS:
        target = address(report, asked, form, visit.say.language)
        ui.link(form.upper(), target).classes("eh-strong").props(f'aria-label="{report} {form.upper()}"')


def draw_copy(visit: Visit, copy: Copy) -> None:
    """In the section that is open."""
    words = ReportWords(visit.say, copy.document.report)
    content = copy.document.content
    with ui.element("div").classes("eh-report-about"):
        for name, value in words.about(copy):
            with ui.element("div").classes("eh-row eh-figure"):
                ui.label(name)
                ui.label(value).classes("eh-strong")
    for table in (each for each in content.tables if each.rows):
        ui.html(table_html(words, table), sanitize=False)
    for sign, meaning in words.legend(content):
        ui.label(f"{sign}  {meaning}").classes("eh-faint")
    for note in content.notes:
        ui.label(words.note(note)).classes("eh-note")
    if missing := words.missing(content):
        ui.label(f"{visit.say('report.frame.missing')}: {missing}").classes("eh-note")
    ui.label(f"SHA-256 {copy.sha256}").classes("eh-code")


def draw_revisions(visit: Visit, report: str, asked: TabularQuery, known: Sequence[Revision]) -> None:
    say = visit.say
    ui.label(say("report.page.revisions")).classes("eh-strong").props("role=heading aria-level=3")
    for one in known[:MOST_REVISIONS]:
        with ui.element("div").classes("eh-row"):
            told = {"number": one.revision, "at": say.moment(one.at_ms), "count": say.count(one.event_count)}
            ui.label(say("report.page.revision", **told))
            old = asked.model_copy(update={"revision": one.revision})
            ui.link("PDF", address(report, old, "pdf", say.language))
            ui.link("XLSX", address(report, old, "xlsx", say.language))


def draw_changes(visit: Visit, compared: Compared) -> None:
    say, words = visit.say, ReportWords(visit.say, compared.after.document.report)
    ui.label(say("report.page.changes")).classes("eh-strong").props("role=heading aria-level=3")
    found = changes(compared.before.document.content, compared.after.document.content)
    if not found:
        ui.label(say("report.page.no_changes")).classes("eh-faint")
    for change in found[:MOST_CHANGES]:
        ui.label(change_line(words, change)).classes("eh-change")
    if len(found) > MOST_CHANGES:
        ui.label(say("report.page.more_changes", count=say.count(len(found) - MOST_CHANGES)))
