"""Families as data: text with a separator, described in a few lines of TOML (``delimited/*.toml``).

Formats that were never published, or that change, are settings: whoever knows better writes a file.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.card_fields import sex_of
from adapters.qr_gates.codes.code_dates import birth_of
from adapters.qr_gates.codes.code_text import initials_of, text_of
from adapters.qr_gates.codes.districts import district_of
from adapters.qr_gates.codes.shown_code import (
    MOST_FIELDS,
    Family,
    Identity,
    ShownCode,
    UnreadableCode,
)

FieldName = Literal["number", "name", "birth", "sex", "address", "token", "declared_by", "ignored"]
_SNIFFED_BYTES = 256


class BadFamily(ValueError):
    """A description that cannot be used; the text says where and why."""


class IdentityField(BaseModel):
    """Which field names the person, and what kind of id it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    field: FieldName
    kind: str = Field(pattern=r"^[a-z][a-z-]{1,15}$")


class Description(BaseModel):
    """``begins``: an expression for the first bytes; ``flags``: by field and its text, what to remark."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str = Field(pattern=r"^[a-z][a-z0-9-]{1,31}$")
    precedence: int = Field(ge=1, le=89)
    begins: str = Field(min_length=2, max_length=200)
    separator: str = Field(min_length=1, max_length=3)
    fields: tuple[FieldName, ...] = Field(min_length=1, max_length=MOST_FIELDS)
    least_fields: int = Field(ge=1, le=MOST_FIELDS)
    identity: IdentityField
    flags: Mapping[FieldName, Mapping[str, str]] = {}

    @model_validator(mode="after")
    def _consistent(self) -> "Description":
        if self.identity.field not in self.fields[: self.least_fields]:
            raise ValueError("the field of the identity is not among the least fields")
        re.compile(self.begins)
        return self


def family_of(toml: str) -> Family:
    """Raises BadFamily."""
    try:
        told = Description.model_validate(tomllib.loads(toml))
    except (tomllib.TOMLDecodeError, ValidationError, re.error) as error:
        raise BadFamily(str(error)) from error
    begins = re.compile(told.begins.encode())

    def read(raw: bytes, trust: TrustList) -> ShownCode:
        return _read(told, raw)

    return Family(
        told.kind, told.precedence, lambda raw: begins.match(raw[:_SNIFFED_BYTES]) is not None, read
    )


def _read(told: Description, raw: bytes) -> ShownCode:
    text, flags = text_of(raw)
    parts = [part.strip() for part in text.split(told.separator, MOST_FIELDS)]
    if not told.least_fields <= len(parts) <= MOST_FIELDS:
        raise UnreadableCode("delimited.fields")
    values = _named(told.fields, parts)
    value = values[told.identity.field]
    if not value or "*" in value:
        raise UnreadableCode("delimited.no_identity")
    remarks = [told.flags[name][text] for name, text in values.items() if text in told.flags.get(name, {})]
    masked = ("number_masked",) if "*" in values.get("number", "") else ()
    return ShownCode(
        told.kind,
        Identity(told.identity.kind, value),
        initials=initials_of(values.get("name", "")),
        birth=birth_of(values.get("birth", "")),
        sex=sex_of(values.get("sex", "")),
        district=district_of(values.get("address", "")),
        flags=(*flags, *masked, *remarks),
    )


def _named(names: Sequence[FieldName], parts: Sequence[str]) -> dict[FieldName, str]:
    return {name: part for name, part in zip(names, parts, strict=False) if name != "ignored"}
