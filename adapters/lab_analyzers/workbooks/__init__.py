"""Workbooks (XLSX, XLS) as rows of text: our own readers, bounded, of what results need and nothing else.

No formula is calculated, no link followed, no macro looked at. ``open_book`` tells a workbook by its bytes.
"""

from adapters.lab_analyzers.sheets import Book

ZIP = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_workbook(raw: bytes) -> bool:
    """Whether the bytes begin like an XLSX or XLS, whole or not."""
    return raw.startswith((ZIP, COMPOUND))


def open_book(raw: bytes) -> Book:
    """The workbook in ``raw``, its readers loaded only now. Raises Unreadable."""
    if raw.startswith(ZIP):
        from adapters.lab_analyzers.workbooks.xlsx import XlsxBook

        return XlsxBook(raw)
    from adapters.lab_analyzers.workbooks.xls import XlsBook

    return XlsBook(raw)


def is_cut_short(raw: bytes) -> bool:
    """Whether a workbook is there only in part: its writer may still be at it."""
    if raw.startswith(ZIP):
        from adapters.lab_analyzers.workbooks.archive import has_end

        return not has_end(raw)
    if raw.startswith(COMPOUND):
        from adapters.lab_analyzers.workbooks.compound import has_all_sectors

        return not has_all_sectors(raw)
    return False
