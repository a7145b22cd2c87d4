"""Where the numbers stand in a line of text: a template that is matched in one pass, whatever comes."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

LONGEST_CHARACTERS = 256
UNIT = "unit"  # what stands there is the unit of the line's temperatures
_PLACE = re.compile(r"\{([a-z0-9_.]{0,120})\}")
_METRIC = re.compile(r"[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]{1,32}){1,3}")


class Template(NamedTuple):
    """``T1={temp.vaccine} {unit} {}``: {} is anything, a space any white space."""

    source: str
    texts: tuple[str, ...]  # one more than ``names``
    names: tuple[str, ...]

    @classmethod
    def parse(cls, source: str) -> "Template":
        """Raises ValueError for what could be read in two ways, or names no metric."""
        if not 0 < len(source) <= LONGEST_CHARACTERS:
            raise ValueError(f"a pattern has 1 to {LONGEST_CHARACTERS} characters")
        parts = _PLACE.split(_spaced(source))
        texts, names = tuple(parts[0::2]), tuple(parts[1::2])
        if any("{" in text or "}" in text for text in texts):
            raise ValueError("braces hold a metric, unit or nothing: {temp.vaccine}")
        if "" in texts[1:-1]:
            raise ValueError("two braces need something between them")
        found = [name for name in names if name]
        if len(set(found)) < len(found):
            raise ValueError("a name stands twice in the pattern")
        for name in found:
            if name != UNIT and not _METRIC.fullmatch(name):
                raise ValueError(f"{name} is no metric: temp.vaccine")
        if not set(found) - {UNIT}:
            raise ValueError("a pattern names a metric: {temp.vaccine}")
        return cls(source, texts, names)

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name not in ("", UNIT))

    def match(self, line: str) -> Mapping[str, str] | None:
        """What stands in each brace; each ends where the text behind it begins for the first time."""
        line = _spaced(line)
        if not line.startswith(self.texts[0]):
            return None
        at, found = len(self.texts[0]), {}
        for index, (name, text) in enumerate(zip(self.names, self.texts[1:], strict=True)):
            is_last = index == len(self.names) - 1
            end = len(line) if not text else line.find(text, at)
            if end < 0 or (is_last and end + len(text) != len(line)):
                return None
            found[name] = line[at:end].strip()
            at = end + len(text)
        return found


def _validate(value: Any) -> Template:
    if isinstance(value, Template):
        return value
    if not isinstance(value, str):
        raise ValueError("a pattern is a text")
    return Template.parse(value)


WrittenTemplate = Annotated[
    Template,
    PlainValidator(_validate),
    PlainSerializer(lambda template: template.source),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_CHARACTERS}),
]


def _spaced(text: str) -> str:
    return " ".join(text.split())
