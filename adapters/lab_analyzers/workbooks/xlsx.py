"""XLSX (ECMA-376, transitional and strict): the cells of its sheets as text."""

import posixpath
import re
from collections.abc import Mapping, Sequence

from adapters.lab_analyzers.sheets import (
    MAX_CELL_CHARACTERS,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Row,
    Unreadable,
)
from adapters.lab_analyzers.workbooks.archive import Archive
from adapters.lab_analyzers.workbooks.markup import EnoughError, Reader, read
from adapters.lab_analyzers.workbooks.values import Kind, kind_of, text_of

MAX_SHEETS = 200
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_", re.ASCII)
_PLAIN = (Kind.NUMBER, 0)


class XlsxBook:
    """Raises Unreadable, here and in ``rows``; strings and formats are read with the first sheet."""

    def __init__(self, raw: bytes) -> None:
        self._archive = Archive(raw)
        workbook = next((target for kind, target in self._links("").values() if kind == "officeDocument"), "")
        parts = _Sheets()
        read(self._archive.part(workbook), parts)
        links = self._links(workbook)
        if not parts.sheets or any(link not in links for _, link in parts.sheets):
            raise Unreadable("table.unreadable", "sheets")
        known = [(name, links[link][1]) for name, link in parts.sheets if links[link][0] == "worksheet"]
        self.names = [name for name, _ in known]
        self._targets = [target for _, target in known]
        self._from_1904 = parts.from_1904
        self._by_kind = dict(links.values())
        self._shared: tuple[list[str], list[tuple[Kind, int]]] | None = None
        self._cells_left = MAX_CELLS

    def rows(self, at: int, first: int = 0) -> Sequence[Row]:
        if self._shared is None:
            self._shared = self._strings(), self._styles()
        cells = _Cells(*self._shared, self._cells_left, first, from_1904=self._from_1904)
        target = self._targets[at]
        part = self._archive.beginning(target) if first else self._archive.part(target)
        read(part, cells, is_whole=not first)
        self._cells_left = cells.left
        return cells.rows

    def _strings(self) -> list[str]:
        strings = _Strings()
        if "sharedStrings" in self._by_kind:
            read(self._archive.part(self._by_kind["sharedStrings"]), strings)
        return strings.texts

    def _styles(self) -> list[tuple[Kind, int]]:
        styles = _Styles()
        if "styles" in self._by_kind:
            read(self._archive.part(self._by_kind["styles"]), styles)
        return [kind_of(number, styles.codes) for number in styles.formats]

    def _links(self, part: str) -> dict[str, tuple[str, str]]:
        """(kind, part) of each relation of ``part`` by its id; an outer one leads nowhere."""
        folder, name = posixpath.split(part)
        links = _Links()
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        if source in self._archive:
            read(self._archive.part(source), links)
        return {
            link: (kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
            for link, kind, target in links.found
        }


class _Links(Reader):
    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found.append((attributes.get("Id", ""), kind, attributes.get("Target", "")))


class _Sheets(Reader):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true", "on"}
        elif name == "sheet" and len(self.sheets) < MAX_SHEETS:
            link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.sheets.append((attributes.get("name", "")[:MAX_CELL_CHARACTERS].strip(), link))


class _Styles(Reader):
    """The format of each style that cells may name."""

    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.formats: list[int] = []
        self._in_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            self.codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self.formats.append(_whole(attributes.get("numFmtId")))

    def end(self, name: str, text: str) -> None:
        if name == "cellXfs":
            self._in_cells = False


class _Strings(Reader):
    def __init__(self) -> None:
        self.texts: list[str] = []
        self._runs: list[str] = []
        self._phonetic = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            if len(self.texts) >= MAX_CELLS:
                raise Unreadable("table.too_many", "texts")
            self._runs.clear()
        elif name == "rPh":
            self._phonetic = True

    def end(self, name: str, text: str) -> None:
        if name == "t" and not self._phonetic and len(self._runs) < MAX_CELL_CHARACTERS:
            self._runs.append(text)
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.texts.append(_unescaped("".join(self._runs)))


class _Cells(Reader):
    """The rows of one sheet; ``left`` counts down the cells and rows of the whole file."""

    def __init__(
        self, strings: list[str], styles: list[tuple[Kind, int]], left: int, first: int, *, from_1904: bool
    ) -> None:
        self.rows: list[Row] = []
        self.left = left
        self._first = first
        self._strings, self._styles, self._from_1904 = strings, styles, from_1904
        self._number = 0
        self._row: list[str] = []
        self._column = -1
        self._type = self._style = ""
        self._text: list[str] = []
        self._phonetic = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            self._count()
            self._number = _whole(attributes.get("r")) or self._number + 1
            self._row, self._column = [], -1
        elif name == "c":
            self._count()
            match = _CELL.fullmatch(attributes.get("r", ""))
            self._column = _column(match[1]) if match else self._column + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._text = []
        elif name == "rPh":
            self._phonetic = True

    def end(self, name: str, text: str) -> None:
        if name in {"v", "t"} and not self._phonetic:
            self._text.append(text)
        elif name == "rPh":
            self._phonetic = False
        elif name == "c" and self._text and 0 <= self._column < MAX_COLUMNS:
            self._row += [""] * (self._column + 1 - len(self._row))
            self._row[self._column] = self._value("".join(self._text)).strip()[:MAX_CELL_CHARACTERS]
        elif name == "row" and any(self._row):
            if len(self.rows) >= MAX_ROWS:
                raise Unreadable("table.too_many", "rows")
            self.rows.append(Row(self._number, self._row))
            if len(self.rows) == self._first:
                raise EnoughError

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unreadable("table.too_many", "cells")

    def _value(self, text: str) -> str:
        kind = self._type
        if kind == "s":
            at = _whole(text)
            return self._strings[at] if at < len(self._strings) else ""
        if kind == "b":
            return "TRUE" if text.strip() == "1" else "FALSE"
        if kind in {"inlineStr", "str"}:
            return _unescaped(text)
        if kind != "n":
            return text  # e: an error as it shows, d: a time as ISO 8601
        at = _whole(self._style)
        try:
            number = float(text)
        except ValueError:
            return ""
        return text_of(
            number, self._styles[at] if at < len(self._styles) else _PLAIN, from_1904=self._from_1904
        )


def _whole(text: str | None) -> int:
    """A count or index of up to seven digits; anything else is 0."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else 0


def _column(letters: str) -> int:
    """Column 0 is A."""
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1


def _unescaped(text: str) -> str:
    """``_x000D_`` is a character that XML cannot hold (22.9.2.19)."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: "re.Match[str]") -> str:
    character = chr(int(found[1], 16))
    return character if character.isprintable() else " "  # half a surrogate pair is no text
