"""As much of JSON Schema (2020-12) as cce-interop uses; another keyword is a KeyError."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Check = Callable[["Validator", Any, Any, dict[str, Any]], bool]
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "null": (type(None),), "boolean": (bool,),
    "number": (int, float),
}  # fmt: skip
_WORDS_ONLY = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "if", "then", "else"}
)


class Validator:
    """``errors`` gives a path and a keyword for each rule that is not kept."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.root = schema

    def errors(self, value: Any, schema: dict[str, Any] | None = None, path: str = "$") -> Iterator[str]:
        schema = self.root if schema is None else schema
        for keyword, rule in schema.items():
            if keyword in ("properties", "items", "additionalProperties", "$ref", "allOf"):
                yield from self._inside(keyword, rule, value, schema, path)
            elif keyword not in _WORDS_ONLY and not _CHECKS[keyword](self, rule, value, schema):
                yield f"{path} {keyword}"
        if "if" in schema:
            branch = schema["then"] if self.takes(value, schema["if"]) else schema["else"]
            yield from self.errors(value, branch, path)

    def takes(self, value: Any, schema: dict[str, Any]) -> bool:
        return not any(self.errors(value, schema))

    def _inside(
        self, keyword: str, rule: Any, value: Any, schema: dict[str, Any], path: str
    ) -> Iterator[str]:
        if keyword == "$ref":
            yield from self.errors(value, self._named(rule), path)
        elif keyword == "allOf":
            for each in rule:
                yield from self.errors(value, each, path)
        elif keyword == "items" and isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.errors(item, rule, f"{path}[{index}]")
        elif keyword == "properties" and isinstance(value, dict):
            for name in rule.keys() & value.keys():
                yield from self.errors(value[name], rule[name], f"{path}.{name}")
        elif keyword == "additionalProperties" and isinstance(value, dict):
            for name in value.keys() - schema.get("properties", {}).keys():
                yield from self._further(rule, value[name], f"{path}.{name}")

    def _further(self, rule: Any, value: Any, path: str) -> Iterator[str]:
        if rule is False:
            yield f"{path} additionalProperties"
        elif rule is not True:
            yield from self.errors(value, rule, path)

    def _named(self, reference: str) -> dict[str, Any]:
        found = self.root
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found


def _is_type(_: Validator, rule: Any, value: Any, __: Any) -> bool:
    wanted = [rule] if isinstance(rule, str) else rule
    if isinstance(value, bool):
        return "boolean" in wanted
    return any(isinstance(value, _TYPES[name]) for name in wanted)


_CHECKS: dict[str, Check] = {
    "type": _is_type,
    "required": lambda _, rule, value, __: not isinstance(value, dict) or set(rule) <= value.keys(),
    "enum": lambda _, rule, value, __: value in rule,
    "pattern": lambda _, rule, value, __: not isinstance(value, str) or bool(re.search(rule, value)),
    "minLength": lambda _, rule, value, __: not isinstance(value, str) or len(value) >= rule,
    "minItems": lambda _, rule, value, __: not isinstance(value, list) or len(value) >= rule,
    "minProperties": lambda _, rule, value, __: not isinstance(value, dict) or len(value) >= rule,
    "minimum": lambda _, rule, value, __: not isinstance(value, int | float) or value >= rule,
    "maximum": lambda _, rule, value, __: not isinstance(value, int | float) or value <= rule,
    "propertyNames": lambda self, rule, value, __: (
        not isinstance(value, dict) or all(self.takes(name, rule) for name in value)
    ),
    "anyOf": lambda self, rule, value, __: any(self.takes(value, each) for each in rule),
    "oneOf": lambda self, rule, value, __: sum(self.takes(value, each) for each in rule) == 1,
    "not": lambda self, rule, value, __: not self.takes(value, rule),
}
