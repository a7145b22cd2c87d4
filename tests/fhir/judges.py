"""Two judges of FHIR that are not ours: PyPI's fhir.resources, and HL7's JSON schema by way of npm."""

import json
import os
from functools import cache
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from jsonschema import Draft6Validator
from pydantic import ValidationError

from tools.npm import FHIR_SCHEMA


def model_refuses(body: bytes) -> bool:
    """fhir.resources as R4B: our resource types are the same in R4."""
    try:
        Bundle.model_validate_json(body)
    except (ValidationError, ValueError):
        return True
    return False


def schema_refuses(body: bytes) -> list[str]:
    """Where HL7's schema of R4 (4.0) finds a fault, at most 5; skips the test where nobody has fetched it."""
    told = json.loads(body)
    faults = [f"{list(error.path)}" for error in _validator("Bundle").iter_errors(told)]
    for entry in told.get("entry", []):
        faults += resource_faults(entry.get("resource", {}))
    return faults[:5]


def resource_faults(resource: dict[str, Any]) -> list[str]:
    """Where one resource does not keep to HL7's schema, at most 5."""
    judge = _validator(str(resource.get("resourceType")))
    return [f"{list(error.path)}: {error.message[:120]}" for error in judge.iter_errors(resource)][:5]


@cache
def _validator(kind: str) -> Draft6Validator:
    """Of one type of resource: the whole schema tries each of them, and says of none what is wrong."""
    schema = _schema()
    if kind not in schema["definitions"]:
        return Draft6Validator(False)
    return Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": _without_nested(schema)})


def _without_nested(schema: dict[str, Any]) -> dict[str, Any]:
    """Of entries the resource is judged by itself."""
    return {**schema["definitions"], "ResourceList": True}


@cache
def _schema() -> dict[str, Any]:
    if not FHIR_SCHEMA.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("HL7's schema is required here and was not fetched")
        pytest.skip("HL7's schema is not there: ./dev test fetches it")
    loaded: dict[str, Any] = json.loads(FHIR_SCHEMA.read_bytes())
    return loaded
