"""Reported payloads read back from the store, four times as fast as from the bus.

What is stored was validated when it came: patterns and calendars are not asked again. A payload is decoded
into a twin of its struct that has no bounds, and its fields are put into a copy of a valid one.
"""

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields, force_setattr

from hub.reported import REPORTED, Reported

_TYPES: Final = {payload.TYPE: payload for payload in REPORTED}


@cache
def reader_of(type_: str) -> Callable[[bytes], Reported]:
    """Reads the stored data of one event type; raises KeyError for a type that is none."""
    payload = _TYPES[type_]
    decode = msgspec.json.Decoder(_twin(payload)).decode
    names = [field.name for field in fields(payload)]
    valid: list[Any] = []

    def read(data: bytes) -> Reported:
        if not valid:
            valid.append(msgspec.json.decode(data, type=payload))
        told, made = decode(data), valid[0].__copy__()
        for name in names:
            force_setattr(made, name, getattr(told, name))
        found: Reported = made
        return found

    return read


def _twin(payload: type[Reported]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        f"Stored{payload.__name__}", [_field(field) for field in fields(payload)], kw_only=True, gc=False
    )


def _field(field: FieldInfo) -> Any:
    kind = _without_bounds(field.type)
    return (field.name, kind) if field.required else (field.name, kind, field.default)


def _without_bounds(kind: Any) -> Any:
    origin = get_origin(kind)
    if origin is Annotated:
        return _without_bounds(get_args(kind)[0])
    if origin is None or origin is Literal:
        return kind
    parts = tuple(part if part is Ellipsis else _without_bounds(part) for part in get_args(kind))
    return Union[parts] if origin in (Union, UnionType) else origin[parts]  # noqa: UP007  made at run time
