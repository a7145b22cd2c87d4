"""What we send passes both outside judges, whatever the events say; nothing broken leaves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir import laboratory
from hub.fhir.bundle import NotFhir, check, transaction
from hub.fhir.naming import LocalIds, local_name
from hub.payloads import LabResult
from tests.fhir import samples
from tests.fhir.judges import model_refuses, schema_refuses

VALID = transaction(laboratory.resources_of(samples.result(samples.SARS), samples.PLACE, samples.IDS))
Mutation = Callable[[dict[str, Any]], None]


def _resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


def _observation(change: Callable[[dict[str, Any]], Any]) -> Mutation:
    return lambda bundle: change(_resource(bundle, "Observation"))


def _two_values(told: dict[str, Any]) -> None:
    told["valueQuantity"] = {"value": 1}


def _text_value(told: dict[str, Any]) -> None:
    told["component"][1]["valueQuantity"]["value"] = "23,4"


MUTATIONS: dict[str, Mutation] = {
    "status that R4 has not": _observation(lambda told: told.update(status="done")),
    "unknown property": _observation(lambda told: told.update(colour="red")),
    "missing code": _observation(lambda told: told.pop("code")),
    "date as people write it": _observation(lambda told: told.update(effectiveDateTime="26/07/2021")),
    "time without zone": _observation(lambda told: told.update(effectiveDateTime="2021-07-26T01:02:03")),
    "two values": _observation(_two_values),
    "a comma in a number": _observation(_text_value),
    "empty array": _observation(lambda told: told.update(interpretation=[])),
    "dangling reference": _observation(
        lambda told: told["specimen"].update(reference="urn:uuid:00000000-0000-4000-8000-000000000000")
    ),
    "type that R4 has not": _observation(lambda told: told.update(resourceType="Result")),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_nothing_broken_leaves(name: str) -> None:
    bundle = json.loads(VALID)
    MUTATIONS[name](bundle)
    with pytest.raises(NotFhir, match=r"^fhir\.[a-z_]+(:\$.*)?$"):
        check(json.dumps(bundle).encode())


def test_the_reason_names_no_value() -> None:
    bundle = json.loads(VALID)
    _resource(bundle, "Specimen")["identifier"][0]["value"] = {"name": "Nguyễn Văn A"}
    with pytest.raises(NotFhir) as refused:
        check(json.dumps(bundle).encode())
    assert "Nguyễn" not in str(refused.value)
    assert "identifier" in str(refused.value)


@given(samples.labs, st.booleans())
def test_every_result_is_fhir(lab: LabResult, pool: bool) -> None:
    told = laboratory.resources_of(samples.result(lab, pool=pool), samples.PLACE, samples.IDS)
    body = transaction(told)
    assert not model_refuses(body)


@settings(max_examples=25)
@given(samples.labs)
def test_every_result_keeps_to_the_schema(lab: LabResult) -> None:
    body = transaction(laboratory.resources_of(samples.result(lab), samples.PLACE, samples.IDS))
    assert schema_refuses(body) == []


@pytest.mark.parametrize("made", [samples.excursion, samples.delivery])
def test_incidents_and_deliveries_are_fhir(made: Callable[[], list[Any]]) -> None:
    body = transaction(made())
    assert not model_refuses(body)
    assert schema_refuses(body) == []


def test_a_withdrawn_fact_was_entered_in_error() -> None:
    told = laboratory.withdrawn(samples.result(samples.SARS), samples.PLACE, samples.IDS)
    body = transaction(told)
    assert _resource(json.loads(body), "DiagnosticReport")["status"] == "entered-in-error"
    assert not model_refuses(body)
    assert schema_refuses(body) == []


def test_a_correction_is_put_at_the_same_place() -> None:
    corrected = samples.result(LabResult("S-1", samples.SARS.test, "NEG", "C"))
    before, after = (
        laboratory.resources_of(each, samples.PLACE, samples.IDS)
        for each in (samples.result(samples.SARS), corrected)
    )
    assert [one.id for one in before] == [one.id for one in after]


def test_a_pool_is_nobodys() -> None:
    told = laboratory.resources_of(samples.result(samples.SARS, pool=True), samples.PLACE, samples.IDS)
    assert b"urn:epihub:person" not in transaction(told)


@given(st.text(min_size=1, max_size=40))
def test_a_local_id_names_its_thing(name: str) -> None:
    assert local_name(LocalIds().of("Specimen", name)) == name
