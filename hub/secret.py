"""A password or key: named in epihub.toml, kept in the environment or in a file of its own."""

import os
import stat
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

LONGEST_BYTES = 64 * 1024  # a PEM chain fits; a log file named by mistake does not
HOW = 'write { env = "NAME" } or { file = "PATH" }'


class Secret:
    """A value that is never shown: ``reveal`` gives it, ``repr`` and every dump give its source only.

    It is read while the configuration is loaded, so that what is missing is a mistake of the file
    and not of the night. A file must not be open to others; one line break at its end is no part of it.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        self._value = value
        self.source = source  # "env NAME" or "file PATH"

    def reveal(self) -> str:
        """The value itself; give it to the one call that needs it and keep it nowhere."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.source})"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _validate, serialization=core_schema.plain_serializer_function_ser_schema(repr)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "object", "title": "Secret"}


def mistake(text: str) -> PydanticCustomError:
    """The error for a secret; the text is taken as it is, so it must not hold the value."""
    return PydanticCustomError("secret", "{text}", {"text": text})


def open_to_others(path: Path) -> bool:
    """Whether the file may be read or written by users who neither own it nor share its group.

    The group is left out: systemd shows the ACL mask of a credential there (mode 0440).
    """
    return bool(stat.S_IMODE(path.stat().st_mode) & (stat.S_IROTH | stat.S_IWOTH))


def _validate(value: Any, info: ValidationInfo) -> Secret:
    match value:
        case Secret():
            return value
        case str():
            raise mistake(f"a secret must not stand in this file: {HOW}")
        case {"env": str(name), **rest} if not rest:
            return _from_environment(name)
        case {"file": str(name), **rest} if not rest:
            base = (info.context or {}).get("base", Path())
            return _from_file(base / name)
        case _:
            raise mistake(f"a secret has one source: {HOW}")


def _from_environment(name: str) -> Secret:
    value = os.environ.get(name, "")
    if not value:
        raise mistake("the environment variable it names is not set or empty")
    return Secret(value, f"env {name}")


def _from_file(path: Path) -> Secret:
    try:
        if not path.is_file():
            raise mistake("the file it names is not there")
        if open_to_others(path):
            raise mistake("the file it names is open to others: chmod 600 it")
        with path.open("rb") as file:
            value = file.read(LONGEST_BYTES + 1)
    except OSError as error:
        raise mistake(f"the file it names cannot be read: {error.strerror}") from error
    if len(value) > LONGEST_BYTES:
        raise mistake(f"the file it names is over {LONGEST_BYTES} bytes")
    return Secret(_line(value), f"file {path}")


def _line(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise mistake("the file it names is not UTF-8 text") from error
    if not text.strip():
        raise mistake("the file it names is empty")
    return text.removesuffix("\n").removesuffix("\r")
