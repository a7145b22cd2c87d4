"""XML of a workbook by expat: no document types, so no entities; depth, elements and texts are bounded."""

from collections.abc import Mapping
from xml.parsers import expat

from adapters.lab_analyzers.sheets import MAX_CELL_CHARACTERS, MAX_CELLS, Unreadable

MAX_DEPTH = 64
MAX_ELEMENTS = 5 * MAX_CELLS  # of a part; a cell is two or three, one of rich text some more


class EnoughError(Exception):
    """Raised by a reader that needs nothing more of a part."""


class Reader:
    """What a kind of part makes of its elements; names come without their prefix."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str, text: str) -> None:
        """An element ends; ``text`` is its own, cut at the longest cell."""


class _Walk:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._depth = 0
        self._elements = 0
        self._texts: list[str] = []
        self._characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise Unreadable("table.too_many", "elements")
        self._texts.clear()
        self._characters = 0
        self._reader.start(name.rpartition(":")[2], attributes)

    def text(self, text: str) -> None:
        if self._characters <= MAX_CELL_CHARACTERS:
            self._texts.append(text)
            self._characters += len(text)

    def end(self, name: str) -> None:
        self._depth -= 1
        text = "".join(self._texts)[:MAX_CELL_CHARACTERS]
        self._texts.clear()
        self._characters = 0
        self._reader.end(name.rpartition(":")[2], text)


def read(part: bytes, reader: Reader, *, is_whole: bool = True) -> None:
    """Walk through ``part``, or through the beginning of one. Raises Unreadable."""
    walk = _Walk(reader)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.end
    parser.CharacterDataHandler = walk.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(part, is_whole)  # in one go: a long token is not read again for each piece of it
    except EnoughError:
        return
    except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
        raise Unreadable("table.unreadable", "markup") from error


def _refuse(*_: object) -> None:
    raise Unreadable("table.unreadable", "document type")
