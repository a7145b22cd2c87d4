"""SOAP of cameras by expat: no document types, so no entities; size, depth and elements are bounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_ELEMENTS = 2000


class UnreadableMarkup(Exception):
    """No XML, or more of it than a camera sends; repeats nothing of it."""


@dataclass
class Element:
    """``name`` without its prefix; ``text``: its own, without blanks around it."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> Iterator["Element"]:
        """Those of this name anywhere in it, in order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)

    def first(self, *names: str) -> "Element | None":
        """The first of a name, in it the first of the next name, and so on."""
        found: Element | None = self
        for name in names:
            found = next(found.all(name), None) if found else None
        return found

    def says(self, *names: str) -> str:
        """The text of the first such element; empty where there is none."""
        found = self.first(*names)
        return found.text.strip() if found else ""


class _Tree:
    def __init__(self) -> None:
        self.root = Element("")
        self._open = [self.root]
        self._count = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise UnreadableMarkup
        element = Element(name.rpartition(":")[2])
        self._open[-1].children.append(element)
        self._open.append(element)

    def text(self, text: str) -> None:
        self._open[-1].text += text

    def end(self, _: str) -> None:
        self._open.pop()


def read_markup(raw: bytes) -> Element:
    """The document as a tree under a nameless element; raises UnreadableMarkup."""
    if len(raw) > MOST_BYTES:
        raise UnreadableMarkup
    tree = _Tree()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
        raise UnreadableMarkup from error
    return tree.root


def _refuse(*_: object) -> None:
    raise UnreadableMarkup
