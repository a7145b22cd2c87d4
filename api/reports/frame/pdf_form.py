"""A report of tables as pages to print. Needs the extra ``pdf``."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from api.console.wording import Language, Wording, ms_of
from api.reports.canonical_json import revision as beginning
from api.reports.frame.content import Column, Row, Table
from api.reports.frame.document import STORE_DIGITS, Copy
from api.reports.frame.words import ReportWords, rows_of
from api.reports.pdf_paper import FAINT, WARN, gap, heading, pairs, printed, style, table, text, together

COLUMNS_ACROSS = 7
MOST_ROWS = 1500
_FIRST_WIDTH = 2.4


def pdf_form(copy: Copy, language: Language) -> bytes:
    """A4; revision, hash and store at the foot of every page, the whole hash at the end."""
    words = ReportWords(Wording(language, ZoneInfo(copy.document.timezone)), copy.document.report)
    title = words.title()
    parts: list[Any] = [
        text(title, style(15, bold=True, after=4)),
        *_unregistered(copy, words),
        pairs(words.about(copy)),
    ]
    for each in (found for found in copy.document.content.tables if found.rows):
        parts += _table(each, words)
    parts += [gap(2), *_below(copy, words), _proof(copy, words)]
    foot_left = f"epihub · {title} · {words.about(copy)[0][1]}"

    def foot(page: int) -> tuple[str, str]:
        return foot_left, _foot(copy, words, page)

    return printed(parts, title, foot, ms_of(copy.document.cutoff))


def _unregistered(copy: Copy, words: ReportWords) -> list[Any]:
    if copy.revision is not None:
        return []
    told = words.say("report.frame.not_registered_long")
    return [text(told, style(8.5, bold=True, color=WARN, after=3))]


def _foot(copy: Copy, words: ReportWords, page: int) -> str:
    number = "—" if copy.revision is None else copy.revision
    hashed, store = beginning(copy.sha256), copy.store[:STORE_DIGITS]
    return words.say("report.frame.foot", revision=number, hash=hashed, store=store, page=page)


def _table(told: Table, words: ReportWords) -> list[Any]:
    """Wide ones in parts below each other, each with the names of its rows."""
    title = words.table(told)
    parts: list[Any] = []
    for begin in range(0, max(1, len(told.columns)), COLUMNS_ACROSS):
        chosen = range(begin, min(begin + COLUMNS_ACROSS, len(told.columns)))
        parts += [heading(title), _part(told, chosen, words)]
    left = len(told.rows) - MOST_ROWS
    if left > 0:
        parts.append(text(words.say("report.left_out", count=words.say.count(left)), style(7, color=FAINT)))
    return parts


def _part(told: Table, chosen: Sequence[int], words: ReportWords) -> Any:
    columns: list[Column] = [told.columns[at] for at in chosen]
    head = [words.head(told), *(words.column(told, column) for column in columns)]
    rows = rows_of(told)
    shown = rows if len(rows) <= MOST_ROWS else [*told.rows[:MOST_ROWS], *rows[len(told.rows) :]]
    return table(
        head, [_line(row, told, chosen, words) for row in shown], [_FIRST_WIDTH, *(1 for _ in columns)]
    )


def _line(row: Row, told: Table, chosen: Sequence[int], words: ReportWords) -> list[str]:
    return [words.row(told, row), *(words.signed(row.cells[at], told.columns[at].kind) for at in chosen)]


def _below(copy: Copy, words: ReportWords) -> list[Any]:
    content = copy.document.content
    small = style(7.5)
    told = [text(f"{sign}  {meaning}", small) for sign, meaning in words.legend(content)]
    told += [text(words.note(note), small) for note in content.notes]
    if missing := words.missing(content):
        told.append(text(f"{words.say('report.frame.missing')}: {missing}", small))
    return told


def _proof(copy: Copy, words: ReportWords) -> Any:
    return together(
        [
            heading(words.say("report.frame.proof")),
            text(words.say("report.frame.proof_note"), style(7.5)),
            gap(1),
            text(copy.sha256, style(8)),
        ]
    )
