"""A new profile as TOML, every rule in it with its description and its default, at rest."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from adapters.lab_analyzers.order_rules import OrderRules
from adapters.lab_analyzers.profiles import Place, Profile, Records, Source
from adapters.lab_analyzers.table_layout import Table

_TABLES = {"words", "bounds", "texts", "loinc"}
_SECTIONS: dict[str, type[BaseModel]] = {"records": Records, "table": Table, "orders": OrderRules}
_GIVEN = {"model", "source", "specimen"}
_HEAD = """\
# How one model writes results. A line with # and no space behind it is at rest: take the # away to use it.
# Try it on what the machine sent: epihub profile test THIS_FILE CAPTURE

# Model of the machine as results name it.
model = {model}
# The document or the captures that the rules come from.
source = "captures of …, laboratory of …"
# Where the specimen id is; the first that is filled counts.
specimen = ["SPM-2.1.1", "SAC-3", "OBR-3", "OBR-2"]
"""
_EXAMPLES = {
    "words": '"Amplified" = "POS"',
    "bounds": '"< LLOQ" = "<"',
    "texts": '"COV-N" = "SARS-CoV-2 N gene"',
    "loinc": '"COV-N" = "94533-7"',
}


def template(model: str) -> str:
    """The text of a new profile; it is valid as it is."""
    rules = (name for name in Profile.model_fields if name not in _GIVEN | _TABLES | set(_SECTIONS))
    lines = [_HEAD.format(model=json.dumps(model, ensure_ascii=False))]
    for name in rules:
        lines += _rule(name, Profile.model_fields[name])
    for name in sorted(_TABLES):
        lines += ["", f"# {Profile.model_fields[name].description}", f"[{name}]", f"#{_EXAMPLES[name]}"]
    for section, model_of in _SECTIONS.items():
        lines += _section(section, Profile.model_fields[section], model_of)
    return "\n".join([*lines, ""])


def _section(name: str, told: FieldInfo, model_of: type[BaseModel]) -> Iterator[str]:
    """A table of rules, and behind it the tables inside it."""
    yield from ("", f"# {told.description}", f"[{name}]")
    inner: list[tuple[str, FieldInfo, type[BaseModel]]] = []
    for key, rule in model_of.model_fields.items():
        if isinstance(rule.default, BaseModel):
            inner.append((f"{name}.{key}", rule, type(rule.default)))
        else:
            yield from _rule(key, rule)
    for each in inner:
        yield from _section(*each)


def _rule(name: str, rule: FieldInfo) -> Iterator[str]:
    yield f"# {rule.description}"
    default = None if rule.default is PydanticUndefined else rule.default
    yield f"#{name} = {_toml(default)}"


def _toml(value: Any) -> str:
    """A default as TOML; a pattern that is not set is the one that fits nothing."""
    if value is None:
        return "'(?!)'"
    if isinstance(value, re.Pattern):
        return f"'{value.pattern}'"
    if isinstance(value, Source | Place):
        return f'"{_place(value)}"'
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(map(_toml, value)))}]"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _place(place: Source | Place) -> str:
    segment, field, *parts = place
    while parts and parts[-1] == 1:
        parts.pop()
    return f"{segment}-{'.'.join(map(str, [field, *parts]))}"
