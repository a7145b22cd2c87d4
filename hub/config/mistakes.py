"""What is wrong in a file, in words: pydantic's errors retold without the values that caused them."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.config.locate import Path
from hub.facts import ID_PATTERN

LONGEST_WORD = 64  # difflib is quadratic; no key or id of ours is longer
LONGEST_TEXT = 400
OWN = {"epihub", "secret"}  # error types whose texts are ours, so they hold no value
WORDS = {
    "missing": "missing",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "dict_type": "must be a table",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be a text in quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at ``path``; ``other`` is a place that it clashes with."""

    path: Path
    text: str
    other: Path | None = None


def near(word: object, candidates: Iterable[str]) -> str:
    """``, did you mean "port"?``, or nothing when no candidate is close."""
    if not isinstance(word, str):
        return ""
    found = difflib.get_close_matches(word[:LONGEST_WORD], list(candidates), n=1)
    return f', did you mean "{found[0]}"?' if found else ""


def lines(mistakes: Iterable[Mistake], name: str, places: dict[Path, int]) -> str:
    """All mistakes, ``file:line: key: what``, by line; a path without a line takes its table's."""
    told = {(_line(places, mistake.path), _sentence(mistake, places)): None for mistake in mistakes}
    return "\n".join(f"{name}:{line}: {text}" for line, text in sorted(told))


def retold(error: ValidationError, model: type[BaseModel], at: Path, raw: object) -> Iterator[Mistake]:
    """The mistakes of one table: ``raw`` is what the file says there, ``at`` where it stands."""
    for details in error.errors(include_url=False):
        yield Mistake((*at, *_within(raw, details)), _words(details, model))


def keys(model: type[BaseModel]) -> list[str]:
    """The keys a table of this model may have, as the file spells them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def model_in(annotation: object) -> type[BaseModel] | None:
    """The model inside ``tuple[M, ...]``, ``M | None`` and the like; None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (model_in(argument) for argument in get_args(annotation))
    return next((model for model in inner if model), None)


def _line(places: dict[Path, int], path: Path) -> int:
    return next((places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in places), 1)


def _sentence(mistake: Mistake, places: dict[Path, int]) -> str:
    path = mistake.path
    key = ".".join(_bare(part) for part in path if isinstance(part, str))
    # Tables of [[device]] are told apart by their line; elements of a list on one line are not.
    item = f"item {path[-1] + 1}: " if len(path) > 2 and isinstance(path[-1], int) else ""
    other = f" (line {_line(places, mistake.other)})" if mistake.other else ""
    return f"{key}: {item}{mistake.text}{other}"


def _bare(key: str) -> str:
    """A key as one would write it; odd ones escaped and cut, they may be anything."""
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key)
    return key if plain else json.dumps(key[:LONGEST_WORD])


def _within(raw: object, details: ErrorDetails) -> Path:
    """The error's place in the file: pydantic also names union branches, which the file does not have."""
    path: Path = ()
    for part in details["loc"]:
        here = raw if isinstance(raw, dict) else dict(enumerate(raw)) if isinstance(raw, list) else {}
        if part in here:
            raw = here[part]
        elif details["type"] != "missing" or part != details["loc"][-1]:
            continue
        path = (*path, part)
    return path


def _words(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return "unknown key" + near(details["loc"][-1], _keys_at(model, details["loc"][:-1]))
        case "literal_error" | "enum":
            options = re.findall(r"'([^']*)'", context["expected"])
            return f"must be one of {', '.join(options)}{near(value, options)}"
        case "near":
            return details["msg"] + near(value, context["near_to"])
        case "string_pattern_mismatch" if context["pattern"] == ID_PATTERN:
            return "must be 1 to 64 of a-z, 0-9, _ and -"
    return WORDS.get(kind) or (details["msg"] if kind in OWN else _without(value, details["msg"]))


def _without(value: Any, text: str) -> str:
    """The words of pydantic or an adapter, without the value that they may repeat."""
    text = re.sub(r"^\w+ should", "must", re.sub(r"^(Value error|Assertion failed), ", "", text))
    if isinstance(value, str) and len(value) > 2:
        text = text.replace(value, "…")
    return text[:LONGEST_TEXT]


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    inner: type[BaseModel] | None = model
    for part in loc:
        if inner and isinstance(part, str):
            named = {field.alias or name: field.annotation for name, field in inner.model_fields.items()}
            inner = model_in(named.get(part))
    return keys(inner) if inner else []
