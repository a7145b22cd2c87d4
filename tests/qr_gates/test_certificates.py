"""Certificates of an issuer of our own: what is trusted, and what is only claimed."""

from contextlib import suppress
from datetime import UTC, date, datetime

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.certificates.base45 import base45_decode
from adapters.qr_gates.certificates.bounded_cbor import cbor_of
from adapters.qr_gates.certificates.trust_list import BadTrustList, TrustList, trust_list_of, trusting
from adapters.qr_gates.codes.certificate_names import transliterated
from adapters.qr_gates.codes.dispatcher import Dispatcher
from adapters.qr_gates.codes.shown_code import Trust, UnreadableCode, Vaccination
from tests.qr_gates.issuer import BODY, Issuer, base45

VIET_NAM = Issuer()
LEAVES = st.one_of(
    st.integers(-(2**63), 2**63), st.binary(max_size=40), st.text(max_size=40), st.booleans(), st.none()
)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("is_rsa", [False, True], ids=["ES256", "PS256"])
def test_a_certificate_of_a_trusted_issuer(is_rsa: bool) -> None:
    issuer = Issuer(is_rsa=is_rsa)
    shown = Dispatcher(trusting([issuer.trusted])).read(issuer.code())
    assert shown.trust is Trust.VERIFIED
    assert shown.issuer == "VN"
    assert shown.initials == "NTÁT"
    assert shown.claims == (Vaccination(date(2021, 11, 1), 2, 2, "Vero Cell"),)


def test_what_a_strangers_key_signs_is_a_claim_that_cannot_be_checked() -> None:
    assert Dispatcher(TrustList()).read(VIET_NAM.code()).trust is Trust.UNKNOWN_KEY


def test_a_key_signs_what_it_was_given_for() -> None:
    tests_only, both = Issuer(usages=(1,)), Issuer(usages=(1, 2))
    dispatcher = Dispatcher(trusting([tests_only.trusted, both.trusted]))
    assert dispatcher.read(tests_only.code()).trust is Trust.WRONG_USAGE
    assert dispatcher.read(both.code()).trust is Trust.VERIFIED


def test_a_shown_code_holds_no_name() -> None:
    shown = Dispatcher(trusting([VIET_NAM.trusted])).read(VIET_NAM.code())
    assert "NGUYEN" not in repr(shown)
    assert shown.identity is not None
    assert shown.identity.value == "NGUYEN<<THI<ANH<TUYET|1999-09-02"


@pytest.mark.parametrize(
    "body",
    [{}, {"ver": "1", "nam": []}, {"ver": 1, "nam": {}}, BODY | {"nam": "x"}],
    ids=["empty", "names", "version", "text"],
)
def test_a_certificate_of_another_shape_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(UnreadableCode):
        Dispatcher(TrustList()).read(VIET_NAM.code(body or {"none": 1}))


@pytest.mark.parametrize("entries", [None, "x", [1], [{"dt": "2021-13-01", "dn": 1, "sd": 2}], [{"dn": "1"}]])
def test_entries_that_make_no_sense_claim_nothing(entries: object) -> None:
    shown = Dispatcher(TrustList()).read(VIET_NAM.code(BODY | {"v": entries}))
    assert shown.claims == ()


def test_every_cut_certificate_is_refused() -> None:
    code = VIET_NAM.code()
    for length in range(4, len(code), 7):
        with pytest.raises(UnreadableCode):
            Dispatcher(TrustList()).read(code[:length])


def test_every_changed_byte_is_noticed() -> None:
    dispatcher, code = Dispatcher(trusting([VIET_NAM.trusted])), VIET_NAM.code()
    for place in range(4, len(code), 5):
        other = code[:place] + (b"0" if code[place : place + 1] != b"0" else b"1") + code[place + 1 :]
        try:
            assert dispatcher.read(other).trust is not Trust.VERIFIED
        except UnreadableCode:
            continue


@given(st.binary(max_size=200))
def test_base45_is_undone(data: bytes) -> None:
    assert base45_decode(base45(data).encode()) == data


@pytest.mark.parametrize("text", [b"A", b"GGW", b"::", b"abc", b"A!A"])
def test_base45_refuses(text: bytes) -> None:
    with pytest.raises(ValueError, match="base45"):
        base45_decode(text)


@given(PLAIN)
def test_sound_cbor_passes_the_bounds(value: object) -> None:
    assert cbor_of(cbor2.dumps(value)) == value


@given(st.binary(max_size=200))
def test_any_cbor_is_read_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        cbor_of(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x81" * 5000 + b"\x00",
        b"\x9f" * 5000,
        b"\x9b" + b"\xff" * 8,
        b"\xc5\x82\x1a\x7f\xff\xff\xff\x01",  # a float of 2 to the power of 2,147,483,647
        b"\xc4\x82\x1a\x7f\xff\xff\xff\x01",
        b"\xd8\x23\x63(a+",
        b"\x00\x00",
        b"",
    ],
)
def test_cbor_that_costs_more_than_it_says_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="cbor"):
        cbor_of(data)


def test_a_trust_list_says_where_it_is_wrong() -> None:
    assert trust_list_of(b'{"version": 1, "keys": []}').keys == {}
    with pytest.raises(BadTrustList, match="version"):
        trust_list_of(b'{"version": 2, "keys": []}')
    with pytest.raises(BadTrustList, match=r"keys\.0"):
        trust_list_of(
            b'{"version": 1, "keys": [{"scheme": "dcc", "issuer": "VN", "key": "AAAA", "kid": "AAAA"}]}'
        )


@pytest.mark.parametrize(
    ("name", "latin"),
    [("Gößinger-Ånd", "GOESSINGER<AND"), ("Nguyễn Đức", "NGUYEN<DUC"), ("Nguyễn", "NGUYEN"), ("李", "")],
)
def test_names_as_passports_write_them(name: str, latin: str) -> None:
    assert transliterated(name) == latin


def test_nobody_is_told_apart_by_a_given_name() -> None:
    shown = Dispatcher(TrustList()).read(VIET_NAM.code(BODY | {"nam": {"gn": "Tuyết"}}))
    assert shown.identity is None


def test_times_of_another_world_are_none() -> None:
    code = VIET_NAM.code(expires=datetime(2999, 1, 1, tzinfo=UTC))
    assert Dispatcher(TrustList()).read(code).valid_to is None
