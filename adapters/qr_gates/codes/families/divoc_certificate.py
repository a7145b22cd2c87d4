"""DIVOC (India): a ZIP with ``certificate.json``, JSON-LD whose signature needs canonical RDF.

That is not done here: what it says counts as unverified, and a rule that wants a proof refuses it.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.qr_gates.certificates.bounded_inflate import MOST_INFLATED_BYTES
from adapters.qr_gates.certificates.bounded_json import json_object_of
from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.certificate_names import name_identity
from adapters.qr_gates.codes.code_dates import birth_of, date_of
from adapters.qr_gates.codes.code_text import initials_of
from adapters.qr_gates.codes.shown_code import Family, ShownCode, Trust, UnreadableCode, Vaccination

KIND = "divoc"
_MEMBER = "certificate.json"
_SEXES = {"male": "M", "female": "F"}
_MOST_EVIDENCE = 10


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Raises UnreadableCode."""
    told = _certificate(raw)
    subject = told.get("credentialSubject")
    subject = subject if isinstance(subject, dict) else {}
    name, born = str(subject.get("name") or ""), str(subject.get("dob") or "")
    return ShownCode(
        KIND,
        name_identity(name, "", born),
        Trust.UNVERIFIED,
        initials=initials_of(name),
        birth=birth_of(born),
        sex=_SEXES.get(str(subject.get("gender", "")).casefold()),
        issuer=str(told.get("issuer") or "")[:200] or None,
        claims=tuple(_vaccinations(told)),
    )


def _certificate(raw: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(_MEMBER) as member:
            body = member.read(MOST_INFLATED_BYTES + 1)
        if len(body) > MOST_INFLATED_BYTES:
            raise ValueError("divoc.too_long")
        return json_object_of(body)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, RuntimeError, EOFError) as error:
        raise UnreadableCode("divoc.archive") from error


def _vaccinations(told: Mapping[str, Any]) -> Iterator[Vaccination]:
    evidence = told.get("evidence")
    for each in evidence[:_MOST_EVIDENCE] if isinstance(evidence, list) else []:
        match each:
            case {"date": str() as on, "dose": int() as dose, "totalDoses": int() as of} if day := date_of(
                on[:10]
            ):
                yield Vaccination(day, dose, of, str(each.get("vaccine", ""))[:64])


FAMILY = Family(KIND, 13, lambda raw: raw[:4] == b"PK\x03\x04", read)
