"""Resources as one transaction, encoded, and the check that each bundle passes before it leaves."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hub.fhir.datatypes import Element
from hub.fhir.resources import AnyResource, Bundle, Entry, Observation, ObservationComponent, Request

LARGEST_BUNDLE_BYTES = 1 << 20
_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Bundle, strict=True)


class NotFhir(ValueError):
    """A bundle that must not leave; the text is a code and a place, never a value."""


def transaction(resources: Sequence[AnyResource]) -> bytes:
    """Each is put at its own id, so that sending twice is an update. Raises NotFhir."""
    body = _encode(Bundle(type="transaction", entry=tuple(map(_entry, resources))))
    check(body)
    return body


def _entry(resource: AnyResource) -> Entry:
    kind = type(resource).__name__
    request = Request(method="PUT", url=f"{kind}/{resource.id}")
    return Entry(full_url=f"urn:uuid:{resource.id}", resource=resource, request=request)


def check(body: bytes) -> None:
    """Raises NotFhir: unknown or missing properties, wrong types, codes or dates; besides what schemas miss:
    two values for one, empty lists and objects, references that nothing in the bundle answers.
    """
    if len(body) > LARGEST_BUNDLE_BYTES:
        raise NotFhir("fhir.too_large")
    try:
        bundle = _decoder.decode(body)
        told: Any = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise NotFhir("fhir.shape" + _place(error)) from error
    _require_no_empty(told, "$")
    _require_one_value(bundle)
    _require_resolved(bundle)


def _place(error: msgspec.DecodeError) -> str:
    """Only the path: msgspec names it last, and says no value."""
    _, found, path = str(error).rpartition(" - at `")
    return f":{path.rstrip('`')}" if found else ""


def _require_no_empty(told: Any, place: str) -> None:
    """R4, json.html: an array or an object is never empty."""
    if isinstance(told, dict | list):
        if not told:
            raise NotFhir(f"fhir.empty:{place}")
        parts = told.items() if isinstance(told, dict) else enumerate(told)
        for name, part in parts:
            _require_no_empty(part, f"{place}.{name}")


def _require_one_value(bundle: Bundle) -> None:
    for entry in bundle.entry:
        if isinstance(entry.resource, Observation):
            _require_one(entry.resource)
            for part in entry.resource.component:
                _require_one(part)


def _require_one(one: Observation | ObservationComponent) -> None:
    """At most one value[x], and none beside a reason for its absence (rule obs-6)."""
    told = [one.value_codeable_concept, one.value_quantity, one.data_absent_reason]
    if sum(each is not None for each in told) > 1:
        raise NotFhir("fhir.two_values")


def _require_resolved(bundle: Bundle) -> None:
    known = {entry.full_url for entry in bundle.entry}
    for entry in bundle.entry:
        contained = {f"#{part.id}" for part in getattr(entry.resource, "contained", ())}
        for reference in _references(entry.resource):
            if reference.startswith(("urn:uuid:", "#")) and reference not in known | contained:
                raise NotFhir("fhir.dangling_reference")


def _references(element: Any) -> Iterator[str]:
    if isinstance(element, tuple):
        for part in element:
            yield from _references(part)
    elif isinstance(element, Element):
        for name in element.__struct_fields__:
            value = getattr(element, name)
            if name == "reference" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
