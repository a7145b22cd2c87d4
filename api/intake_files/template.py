"""A table to fill in: the headings in one language, needed ones with a star."""

import io
from collections.abc import Sequence

from api.console.wording import Language
from api.intake_files.columns import Column
from api.intake_files.headings import choice, heading
from api.reports.csv_sheet import table_sheet

_WIDTH = 18


def csv_template(columns: Sequence[Column], language: Language) -> bytes:
    return table_sheet(_headings(columns, language), ())


def xlsx_template(columns: Sequence[Column], language: Language) -> bytes:
    """Ids are text and days are days; choices can be chosen. Raises ImportError without the extra."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(_headings(columns, language))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[letter].width = max(_WIDTH, len(heading(column, language)) + 4)
        sheet.column_dimensions[letter].number_format = _FORMATS.get(column.kind, "@")
        if column.choices:
            words = ",".join(choice(value, language) for value in column.choices)
            listed = DataValidation(type="list", formula1=f'"{words}"', allow_blank=not column.needed)
            listed.add(f"{letter}2:{letter}2000")
            sheet.add_data_validation(listed)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_FORMATS = {"count": "0", "day": "dd/mm/yyyy", "moment": "dd/mm/yyyy hh:mm"}


def _headings(columns: Sequence[Column], language: Language) -> list[str]:
    return [heading(column, language) + (" *" if column.needed else "") for column in columns]
