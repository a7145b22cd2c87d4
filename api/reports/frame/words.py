"""The words of a report of tables: its titles from the texts, its values as people here write them."""

from datetime import date

from api.console.wording import Wording, ms_of, texts
from api.reports.frame.content import Cell, Column, Content, Kind, Note, Row, Table
from api.reports.frame.document import Copy

SUPPRESSED = "suppressed"
WITHHELD = "×"
NOTHING = "—"
# Letters that every font has; the legend says what they mean.
SIGNS = {"device": "•", "manual": "†", "imported": "‡", "derived": "="}
FLAGGED = "!"


class ReportWords:
    """Of one report, in one language."""

    def __init__(self, say: Wording, report: str) -> None:
        self.say, self._report = say, report
        self._texts = texts(say.language)

    def _first(self, *keys: str) -> str | None:
        return next((self._texts[key] for key in keys if key in self._texts), None)

    def title(self) -> str:
        return self._first(f"report.{self._report}") or self._report

    def table(self, table: Table) -> str:
        return self._first(f"report.{self._report}.{table.code}") or table.code

    def head(self, table: Table) -> str:
        """Of the first column, which names the rows."""
        return self._first(f"report.{self._report}.{table.code}.key") or self.say("report.frame.key")

    def column(self, table: Table, column: Column) -> str:
        told = column.vi if self.say.language == "vi" else column.en
        keys = f"report.{self._report}.{table.code}.{column.code}", f"report.column.{column.code}"
        return told or self._first(*keys) or column.code

    def row(self, table: Table, row: Row) -> str:
        if not row.code:
            return row.label or row.key
        keys = row.code, f"report.{self._report}.{table.code}.row.{row.code}", f"report.row.{row.code}"
        return self._first(*keys) or row.label or row.code

    def note(self, note: Note) -> str:
        found = self._first(f"report.{self._report}.note.{note.code}")
        return found.format(**dict(note.told)) if found else note.code

    def flag(self, flag: str) -> str:
        return self._first(f"report.flag.{flag}") or flag

    def value(self, cell: Cell, kind: Kind) -> str:
        """The value alone; a dash where nothing was reported."""
        if cell.flag == SUPPRESSED:
            return WITHHELD
        value = cell.value
        if value is None or value == "":
            return NOTHING
        if isinstance(value, str):
            return day_text(value) if kind == "date" else value
        if kind == "percent":
            return f"{self.say.decimal(value, 2)} %"
        return self.say.count(value) if isinstance(value, int) else self._number(value)

    def _number(self, value: float) -> str:
        digits = next((few for few in range(4) if round(value, few) == value), 3)
        return self.say.decimal(value, digits)

    def signed(self, cell: Cell, kind: Kind) -> str:
        """With the signs of where it came from and of what is wrong with it."""
        told = self.value(cell, kind)
        if cell.flag == SUPPRESSED:
            return told
        return told + SIGNS.get(cell.source or "", "") + (FLAGGED if cell.flag else "")

    def legend(self, content: Content) -> list[tuple[str, str]]:
        """The signs that stand in the tables, with their meaning."""
        cells = [cell for table in content.tables for row in rows_of(table) for cell in row.cells]
        seen = {cell.source for cell in cells if cell.source and cell.flag != SUPPRESSED}
        told = [
            (sign, self.say(f"report.source.{source}")) for source, sign in SIGNS.items() if source in seen
        ]
        if any(cell.flag == SUPPRESSED for cell in cells):
            told.append((WITHHELD, self.flag(SUPPRESSED)))
        flags = sorted({cell.flag for cell in cells} - {"", SUPPRESSED})
        if flags:
            told.append((FLAGGED, "; ".join(self.flag(flag) for flag in flags)))
        return told

    def about(self, copy: Copy) -> list[tuple[str, str]]:
        """What was asked, up to when it counts, which revision it is."""
        asked = copy.document.query
        shown = [(self.say("report.frame.date"), day_text(str(asked["date"])))]
        for name in sorted(asked.keys() - {"date", "audience"}):
            value = asked[name]
            told = ", ".join(map(str, value)) if isinstance(value, list) else day_text(str(value))
            shown.append((self._first(f"report.query.{name}") or name, told))
        content = copy.document.content
        shown += [
            (self.say("report.frame.cutoff"), self.say.moment(ms_of(copy.document.cutoff))[:16]),
            (self.say("report.frame.audience"), self.say(f"report.audience.{asked['audience']}")),
            (self.say("report.frame.revision"), self.revision(copy)),
        ]
        if content.event_count is not None:
            shown.append((self.say("report.frame.events"), self.say.count(content.event_count)))
        if content.completeness is not None:
            shown.append((self.say("report.frame.completeness"), self.completeness(content)))
        return shown

    def completeness(self, content: Content) -> str:
        found = content.completeness
        assert found is not None
        say = self.say
        return say("report.frame.reported", done=say.count(found.reported), all=say.count(found.expected))

    def missing(self, content: Content) -> str:
        """Who did not report; empty when all did."""
        named = content.completeness.missing if content.completeness else ()
        return ", ".join(name or key for key, name in named)

    def revision(self, copy: Copy) -> str:
        if copy.revision is None:
            return self.say("report.frame.not_registered")
        return self.say("report.frame.numbered", number=copy.revision, up_to=self.say.count(copy.up_to))


def rows_of(table: Table) -> list[Row]:
    """With the total."""
    return [*table.rows, *([table.total] if table.total else [])]


def day_text(text: str) -> str:
    """dd/MM/yyyy of YYYY-MM-DD; any other text as it is."""
    try:
        return date.fromisoformat(text).strftime("%d/%m/%Y")
    except ValueError:
        return text
