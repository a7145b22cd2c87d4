"""A JMESPath expression in a configuration: compiled when the configuration is read."""

from collections.abc import Mapping
from typing import Any, Final

import jmespath
from jmespath.exceptions import ArityError, JMESPathError, ParseError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

LONGEST_CHARACTERS = 256  # long enough for any path; short enough for the library's recursive parser
FAILED: Final = object()  # an expression that does not fit the document; nobody takes it for a number


class Expression:
    """What ``search`` finds in a document; a mistake in ``source`` raises ValueError with its column."""

    __slots__ = ("_parsed", "source")

    def __init__(self, source: str) -> None:
        if not 0 < len(source) <= LONGEST_CHARACTERS:
            raise ValueError(f"an expression has 1 to {LONGEST_CHARACTERS} characters")
        try:
            parsed = jmespath.compile(source)
            _check_functions(parsed.parsed)
            _check_arguments(parsed)
        except ParseError as error:
            raise ValueError(_place(error)) from error
        except (JMESPathError, RecursionError) as error:
            raise ValueError("not a JMESPath expression: it is empty or nests too deeply") from error
        self.source = source
        self._parsed = parsed

    def search(self, document: object) -> object:
        """The value found, None where there is none, FAILED where a function refuses what it is given."""
        try:
            return self._parsed.search(document)
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            return FAILED  # JMESPathError is a ValueError; ceil(Infinity) is an OverflowError

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _validate,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.source),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "title": "JMESPath", "maxLength": LONGEST_CHARACTERS}


def _validate(value: Any) -> Expression:
    if isinstance(value, Expression):
        return value
    if not isinstance(value, str):
        raise ValueError("a JMESPath expression is a text")
    return Expression(value)


def _place(error: ParseError) -> str:
    """What is wrong, in a line; the library's own text draws the expression over three."""
    if isinstance(error, ArityError):
        return f"not a JMESPath expression: {error.function_name}() has another number of arguments"
    return f"not a JMESPath expression: mistake at column {error.lex_position + 1}"


def _check_functions(node: Mapping[str, Any]) -> None:
    """The library finds a function that does not exist only when it is called: in the night."""
    if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
        raise ValueError(f"not a JMESPath expression: there is no function {node['value']}()")
    for child in node["children"]:
        if isinstance(child, Mapping):
            _check_functions(child)


def _check_arguments(parsed: ParsedResult) -> None:
    """Raise ArityError; what else an empty document does to a function says nothing about it."""
    try:
        parsed.search({})
    except ArityError:
        raise
    except (ValueError, TypeError, ArithmeticError):
        return
