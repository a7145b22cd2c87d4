"""Shapes for the OpenAPI document. Answers are made from store rows directly; tests hold them to these."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_TIME = "2026-11-22T06:45:00.000Z"


class Item(BaseModel):
    """What every item repeats; null where it has none. Times are RFC 3339 in UTC."""

    model_config = ConfigDict(extra="allow")

    id: str | None
    type: str
    site: str | None
    device: str | None
    time: str | None = Field(examples=[_TIME])
    received: str | None = Field(examples=[_TIME])


class ItemList(BaseModel):
    """A page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(description="Ask with it for the next page; null: that was all.")


class Replayed(BaseModel):
    """How a replay ended."""

    outcome: str = Field(examples=["done"])
    reason: str
    events: int = Field(description="Events that the replay gave.")


class ProblemDetails(BaseModel):
    """RFC 9457; ``code`` is stable, ``errors`` lists wrong fields, ``first`` is where the log begins."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:epihub:problem:cursor.bad"])
    title: str
    status: int
    code: str = Field(examples=["cursor.bad"])
    detail: str


RESULT_EXAMPLE: dict[str, Any] = {
    "id": "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f11",
    "type": "lab.result.v1",
    "site": "bv-thong-nhat",
    "device": "genexpert-01",
    "time": _TIME,
    "received": "2026-11-22T06:45:01.204Z",
    "specimen": "TN2611-0042",
    "test": {"code": "SARS-CoV-2", "text": None, "loinc": "94500-6"},
    "call": "POS",
    "status": "F",
    "control": False,
    "targets": [{"code": "N2", "call": "POS", "value": None, "unit": None, "ct": 23.4, "flags": []}],
    "analyzer": {"model": "GeneXpert", "serial": "708123"},
}
READING_EXAMPLE: dict[str, Any] = {
    "id": "019ab3c4-5d60-8b22-8f2e-6b7c8d9e0f22",
    "type": "coldchain.reading.v1",
    "site": "kho-vac-xin",
    "device": "tu-lanh-01",
    "time": _TIME,
    "received": _TIME,
    "metric": "temperature",
    "value": 4.5,
    "unit": "Cel",
    "quality": "GOOD",
}

CURVE_EXAMPLE: dict[str, Any] = {
    "id": None,
    "type": "coldchain.reading.v1",
    "site": "kho-vac-xin",
    "device": "tu-lanh-01",
    "time": None,
    "received": None,
    "edge": "edge-1",
    "metric": "temperature",
    "unit": "Cel",
    "start_ms": [1_795_352_400_000, 1_795_356_000_000],
    "min": [4.1, 4.3],
    "max": [5.2, 5.0],
    "mean": [4.6, 4.5],
    "count": [60, 58],
}

# Named by reference: of a model, FastAPI would make a validator for each route and each way it can end.
_REFERRED: dict[str, type[BaseModel]] = {}


def referred(model: type[BaseModel]) -> dict[str, str]:
    """The schema of ``model`` by its place in the document, where ``components`` puts it."""
    _REFERRED[model.__name__] = model
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def components() -> dict[str, Any]:
    """Every schema that was referred to, with those that it is made of."""
    told: dict[str, Any] = {}
    for name, model in sorted(_REFERRED.items()):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        told |= schema.pop("$defs", {})
        told[name] = schema
    return told


_PROBLEM = {
    "description": "Problem (RFC 9457)",
    "content": {"application/problem+json": {"schema": referred(ProblemDetails)}},
}


def documented(
    model: type[BaseModel], *problems: int, example: dict[str, Any] | None = None
) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: its model, with an example, and the problems it can end in."""
    content: dict[str, Any] = {"schema": referred(model)}
    if example is not None:
        content["example"] = example if model is Item else {"items": [example], "next_cursor": None}
    told = {"description": "As asked", "content": {"application/json": content}}
    return {200: told, **_problems(*problems)}


def streamed(*problems: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of the event stream."""
    shown = "id: 42\nevent: lab.result.v1\ndata: {…}\n\n"
    told = {"description": "Server-sent events", "content": {"text/event-stream": {"example": shown}}}
    return {200: told, **_problems(*problems)}


def drawn(*problems: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a picture."""
    told: dict[int | str, dict[str, Any]] = {
        200: {"description": "A picture", "content": {"image/jpeg": {}}},
        304: {"description": "That of ``If-None-Match`` still stands"},
    }
    return told | _problems(*problems)


def streamed_pictures(*problems: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a look."""
    content: dict[str, Any] = {"multipart/x-mixed-replace": {}}
    told = {"description": "Pictures, each in place of the one before", "content": content}
    return {200: told, **_problems(*problems)}


def pushed(*problems: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a device's push: what its kind defines."""
    return {
        200: {"description": "Committed at the edge; the body is what the device's kind defines"}
    } | _problems(*problems)


class Transfer(BaseModel):
    """WHO PQS E006/DS01 ``cce-interop`` 0.8.1; its own schema says the rest."""

    meta: dict[str, Any]
    data: list[dict[str, Any]]


CCE_EXAMPLE: dict[str, Any] = {
    "meta": {
        "schemaVersion": "0.8.1",
        "transferType": "rtm",
        "transferId": "6f1c0f0f3f1b4f6a9c0d7a5b3e2d1c0b",
        "transferSrc": "epihub:dong-nai",
        "transferredAt": _TIME,
        "epihub": {"leftOut": {"no_field": 2}, "next": None},
    },
    "data": [
        {
            "AMID": "tu-lanh-01",
            "AID": "tu-lanh-01",
            "FID": "kho-vac-xin",
            "CID": None,
            "EDOP": None,
            "EMFR": None,
            "EMOD": None,
            "EPQS": None,
            "ESER": None,
            "EMSV": None,
            "DLST": {"TVC": {"SID": "tu-lanh-01/TVC", "SMFR": "unknown", "SMOD": "unknown"}},
            "records": [{"ABST": "20261122T064500Z", "ALRM": None, "BEMD": None, "EERR": None, "TVC": 4.5}],
        }
    ],
}


def transferred(*problems: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a transfer of readings."""
    content = {"schema": referred(Transfer), "example": CCE_EXAMPLE}
    told = {"description": "A transfer", "content": {"application/json": content}}
    return {200: told, **_problems(*problems)}


def fetched(kind: str, *problems: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of the FHIR server: a resource, described by hl7.org/fhir/R4."""
    shown = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    content = {"application/fhir+json": {"schema": {"type": "object"}, "example": shown}}
    told = {"description": f"FHIR R4: {kind}", "content": content if kind == "Bundle" else _any_fhir()}
    return {200: told, **_problems(*problems)}


def _any_fhir() -> dict[str, Any]:
    return {"application/fhir+json": {"schema": {"type": "object"}}}


def _problems(*further: int) -> dict[int | str, dict[str, Any]]:
    return {status: dict(_PROBLEM) for status in sorted({401, 403, 503, *further})}
