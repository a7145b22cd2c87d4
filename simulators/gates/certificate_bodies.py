"""What certificates say of a person: the EU's body (DCC schema 1.3.0) and a FHIR bundle of a smart card."""

import re
import unicodedata
from datetime import datetime
from hashlib import sha256
from typing import Any

from simulators.gates.histories import Dose, History
from simulators.gates.people import Person

COVID, VACCINE = "840539006", "1119349007"  # SNOMED CT, as the EU's value sets have them
CVX = "http://hl7.org/fhir/sid/cvx"
_MAKERS = {"BBIBP-CorV": "Sinopharm-Beijing"}


def certificate_body(person: Person, history: History, country: str) -> dict[str, Any]:
    """Of the last dose; with none it certifies nothing."""
    names = {
        "fn": person.family,
        "fnt": machine_readable(person.family),
        "gn": person.given,
        "gnt": machine_readable(person.given),
    }
    body: dict[str, Any] = {"ver": "1.3.0", "nam": names, "dob": person.birth.isoformat()}
    return body | {"v": [_vaccination(person, history.doses[-1], country)] if history.doses else []}


def _vaccination(person: Person, dose: Dose, country: str) -> dict[str, Any]:
    number = sha256(f"{person.number} {dose.number}".encode()).hexdigest()[:12].upper()
    return {
        "tg": COVID,
        "vp": VACCINE,
        "mp": dose.product,
        "ma": _MAKERS.get(dose.product, "ORG-100030215"),
        "dn": dose.number,
        "sd": dose.of,
        "dt": dose.at.date().isoformat(),
        "co": country,
        "is": "Bộ Y tế (mô phỏng)",
        "ci": f"URN:UVCI:01:{country}:{number}",
    }


def card_bundle(person: Person, history: History, issuer: str, issued: datetime) -> dict[str, Any]:
    """The payload of a SMART Health Card."""
    name = {"family": person.family, "given": person.given.split()}
    patient = {"resourceType": "Patient", "name": [name], "birthDate": person.birth.isoformat()}
    entries = [patient, *(_immunization(dose) for dose in history.doses)]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"resource:{place}", "resource": resource} for place, resource in enumerate(entries)
        ],
    }
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    kinds = ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization"]
    return {
        "iss": issuer,
        "nbf": issued.timestamp(),
        "vc": {"type": kinds, "credentialSubject": subject},
    }


def _immunization(dose: Dose) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": "510"}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": dose.at.date().isoformat(),
    }


def machine_readable(name: str) -> str:
    """As the line of a passport writes it: signs fall off, Đ is D, what is no letter is a filler."""
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return re.sub("[^A-Z]", "<", letters.upper())
