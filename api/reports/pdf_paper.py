"""PDF pages of a report: Open Sans, A4, NFC texts, the same bytes each time. Needs the extra ``pdf``."""

import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unicodedata import normalize
from xml.sax.saxutils import escape

import ttf_opensans
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

PLAIN, BOLD = "OpenSans", "OpenSans-Bold"
MARGIN = 16 * mm
_PADDING = 6  # points, of the frame that reportlab lays its parts into
WIDTH = A4[0] - 2 * MARGIN
INK, FAINT, STRIPE, RULE, HEAD = (
    colors.HexColor(code) for code in ("#0f172a", "#475569", "#94a3b8", "#cbd5e1", "#e2e8f0")
)
BAD, WARN, GOOD = (colors.HexColor(code) for code in ("#b91c1c", "#b45309", "#0f766e"))
_FONTS = {PLAIN: ttf_opensans.OPENSANS_REGULAR, BOLD: ttf_opensans.OPENSANS_BOLD}


def _register() -> None:
    """A paragraph asks reportlab for a font by its name and its family."""
    for name, font in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(Path(font.path))))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


_register()


def style(size: float = 8.5, *, bold: bool = False, color: Any = INK, after: float = 0) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}{bold}{color}{after}",
        fontName=BOLD if bold else PLAIN,
        fontSize=size,
        leading=size * 1.35,
        textColor=color,
        spaceAfter=after,
    )


def text(words: str, how: ParagraphStyle | None = None) -> Paragraph:
    """Words as they are: no markup in them counts."""
    return Paragraph(escape(normalize("NFC", words)), how or style())


def heading(words: str) -> Paragraph:
    how = style(11, bold=True, color=GOOD, after=3)
    how.spaceBefore = 9
    how.keepWithNext = 1
    return text(words, how)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
    """Shares of the page's width; the head is repeated on every page."""
    small = style(7.5)
    cells = [[text(word, style(7.5, bold=True)) for word in head]]
    cells += [[text(cell, small) for cell in row] for row in rows]
    made = Table(cells, colWidths=[WIDTH * each / sum(widths) for each in widths], repeatRows=1)
    made.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), HEAD),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("TOPPADDING", (0, 0), (-1, -1), 1.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return made


def pairs(rows: Sequence[tuple[str, str]], *, columns: int = 2) -> Table:
    """Names with their values, in columns."""
    name, value = style(7.5, color=FAINT), style(8.5, bold=True)
    flat = [(text(one, name), text(other, value)) for one, other in rows]
    flat += [("", "")] * (-len(flat) % columns)
    lines = [
        [cell for pair in flat[at : at + columns] for cell in pair] for at in range(0, len(flat), columns)
    ]
    made = Table(lines, colWidths=[WIDTH / columns * share for share in (0.46, 0.54)] * columns)
    made.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    return made


def together(parts: Sequence[Any]) -> KeepTogether:
    """On one page, if they fit on one."""
    return KeepTogether(list(parts))


def gap(height_mm: float) -> Spacer:
    return Spacer(1, height_mm * mm)


def printed(
    parts: Sequence[Any], title: str, foot: Callable[[int], tuple[str, str]], dated_ms: int | None = None
) -> bytes:
    """The document; ``foot`` gives the texts at the left and the right of a page's foot.

    ``dated_ms``: when it says that it was made (Unix ms); without it, 2000-01-01.
    """
    out = io.BytesIO()

    def draw_foot(canvas: Any, document: Any) -> None:
        if dated_ms is not None:
            _date(canvas, dated_ms)
        left, right = foot(document.page)
        canvas.setFont(PLAIN, 6.5)
        canvas.setFillColor(FAINT)
        canvas.drawString(MARGIN, 9 * mm, normalize("NFC", left))
        canvas.drawRightString(A4[0] - MARGIN, 9 * mm, normalize("NFC", right))

    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN - _PADDING,
        rightMargin=MARGIN - _PADDING,
        topMargin=14 * mm,
        bottomMargin=16 * mm,
        title=normalize("NFC", title),
        author="epihub",
        invariant=1,
    )
    document.build(list(parts), onFirstPage=draw_foot, onLaterPages=draw_foot)
    return out.getvalue()


def _date(canvas: Any, at_ms: int) -> None:
    """reportlab has no setting for it beside an environment variable."""
    stamp = canvas._doc._timeStamp
    stamp.t = at_ms / 1000
    stamp.lt = time.gmtime(at_ms // 1000)
    stamp.YMDhms = tuple(stamp.lt)[:6]
