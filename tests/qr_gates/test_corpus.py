"""The corpus' payloads and what they are expected to say."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.qr_gates.certificates.trust_list import TrustList, key_of_certificate, trust_list_of, trusting
from adapters.qr_gates.codes.dispatcher import Dispatcher
from adapters.qr_gates.codes.families import citizen_card, health_insurance
from adapters.qr_gates.codes.shown_code import ShownCode, Trust, UnreadableCode
from adapters.qr_gates.scanners.framing import ScannerCodec

FOLDER = Path(__file__).parents[3] / "shared" / "corpus" / "gates"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the corpus of captures is not here")


def case(name: str) -> tuple[bytes, dict[str, Any]]:
    """The code as it comes out of the scanner's framing."""
    codec = ScannerCodec()
    raw = (FOLDER / f"{name}.payload").read_bytes()
    (frame,) = [*codec.feed(raw), *codec.flush()]
    return frame.raw, json.loads((FOLDER / f"{name}.expected.json").read_text("utf-8"))


def shown(name: str, trust: TrustList | None = None) -> ShownCode:
    return Dispatcher(trust or TrustList()).read(case(name)[0])


def test_a_citizen_card() -> None:
    raw, told = case("cccd_7_fields")
    expected, card = told["expected"], citizen_card.card_of(raw)
    assert (card.number, card.old_number) == (expected["id"], expected["old_id"])
    assert (card.name, card.address) == (expected["name"], expected["address"])
    assert card.birth is not None
    assert (card.birth.year, card.birth.month, card.birth.day) == (1999, 9, 2)
    assert card.sex == expected["sex"]
    assert card.issued is not None
    assert card.issued.isoformat() == expected["issued"]
    assert card.flags == ()  # number, date of birth and sex agree


def test_a_citizen_card_without_old_number_in_a_scanners_framing() -> None:
    raw, told = case("cccd_no_old_id_scanner_framing")
    assert citizen_card.card_of(raw).number == told["expected"]["id"]
    assert citizen_card.card_of(raw).old_number is None
    assert shown("cccd_no_old_id_scanner_framing").identity == shown("cccd_7_fields").identity


def test_a_health_insurance_card() -> None:
    raw, told = case("bhyt_hex")
    expected, card = told["expected"], health_insurance.card_of(raw)
    assert (card.number, card.name, card.facility) == (
        expected["card"],
        expected["name"],
        expected["facility"],
    )
    assert card.sex == expected["sex"]
    assert card.valid_from is not None
    assert card.valid_from.isoformat() == expected["valid_from"]


def test_the_personal_code_of_2021() -> None:
    found, told = shown("pc_covid_personal"), case("pc_covid_personal")[1]["expected"]
    assert found.identity is not None
    assert found.identity.value == told["qid"]
    assert ("number_masked" in found.flags) is told["id_masked"]
    assert ("declared_by_another" in found.flags) is told["declared_for_other"]


def test_the_code_of_a_place_is_the_wrong_one() -> None:
    with pytest.raises(UnreadableCode, match="of_a_place"):
        shown("location_qr_url")


TRUSTS = {
    "dcc_vacc_es256": Trust.VERIFIED,
    "dcc_rsa_ps256": Trust.VERIFIED,
    "dcc_test_key_usage": Trust.VERIFIED,
    "dcc_bad_signature": Trust.BAD_SIGNATURE,
    "dcc_before_issued": Trust.VERIFIED,  # soundly signed, and not valid before 2023: a question of the clock
}


@pytest.mark.parametrize("name", TRUSTS)
def test_certificates_of_the_eu(name: str) -> None:
    _, told = case(name)
    key = key_of_certificate("dcc", "AT", base64.b64decode(told["certificate_der_b64"]))
    assert shown(name, trusting([key])).trust is TRUSTS[name]
    assert shown(name).trust is Trust.UNKNOWN_KEY


def test_another_prefix_is_another_code() -> None:
    with pytest.raises(UnreadableCode):
        shown("dcc_bad_prefix_HC2")


def test_a_smart_health_card() -> None:
    _, told = case("shc_immunization")
    keys = [
        {"scheme": "shc", "issuer": told["iss"], "jwk": key}
        for key in told["jwks"]["keys"]
        if key["crv"] == "P-256"
    ]
    trust = trust_list_of(json.dumps({"version": 1, "keys": keys}).encode())
    assert shown("shc_immunization", trust).trust is Trust.VERIFIED
    assert len(shown("shc_immunization").claims) == 2


def test_the_specimen_of_icao_is_sound_and_not_trusted() -> None:
    assert shown("vds_nc_icao_example").trust is Trust.UNKNOWN_KEY  # its signature holds


def test_the_specimen_of_icao_is_trusted_by_its_own_certificate() -> None:
    sealed = json.loads(case("vds_nc_icao_example")[0])
    told = sealed["sig"]["cer"]
    der = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
    trust = trusting([key_of_certificate("vds-nc", "UTO", der)])
    assert shown("vds_nc_icao_example", trust).trust is Trust.VERIFIED
