"""FHIR R4 data types that our resources are made of (hl7.org/fhir/R4/datatypes.html), as far as we use them.

Decoding is strict: an unknown property, a wrong type or form raises msgspec.ValidationError.
"""

from typing import Annotated, Final

import msgspec

UCUM: Final = "http://unitsofmeasure.org"
SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"

LONGEST_TEXT: Final = 1000
_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{1,64}$")]
Date = Annotated[str, msgspec.Meta(pattern=f"^{_DATE}$")]
DateTime = Annotated[str, msgspec.Meta(pattern=f"^{_DATE}(T{_TIME})?$")]
Instant = Annotated[str, msgspec.Meta(pattern=f"^{_DATE}T{_TIME}$")]
# R4 allows no other white space than these, and no text of them alone; ``words`` makes such texts.
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT, pattern=r"^\S+( \S+)*$")]
Uri = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^\S+$")]


def words(text: str | None) -> str | None:
    """On one line, cut; None where nothing is left: FHIR has no empty texts."""
    return " ".join((text or "").split())[:LONGEST_TEXT].rstrip() or None


class Element(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    """Base of all."""


class Coding(Element, frozen=True):
    """A code of a system."""

    system: Uri
    code: Annotated[str, msgspec.Meta(pattern=r"^\S+( \S+)*$")]
    display: Text | None = None


class CodeableConcept(Element, frozen=True):
    """Codes of one meaning, and words."""

    coding: tuple[Coding, ...] = ()
    text: Text | None = None


class Identifier(Element, frozen=True):
    """What a naming system calls something."""

    system: Uri
    value: Text


class Reference(Element, frozen=True):
    """To a resource, or, where nobody of ours keeps it, to who is meant by an identifier."""

    reference: Uri | None = None
    identifier: Identifier | None = None


class Quantity(Element, frozen=True):
    """A number with its unit."""

    value: float
    unit: Text | None = None
    system: Uri | None = None
    code: Text | None = None
    comparator: str | None = None


class Period(Element, frozen=True):
    """Both ends may be open."""

    start: DateTime | None = None
    end: DateTime | None = None


class Address(Element, frozen=True):
    """``district``: the district's name, ``state``: the province's."""

    district: Text | None = None
    state: Text | None = None
    country: Text | None = None


class Meta(Element, frozen=True):
    """``version_id`` of the event that stands."""

    version_id: Id | None = None
    last_updated: Instant | None = None
