"""What codes say, beyond the corpus: letters, lengths, lies."""

import unicodedata
import zlib
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.card_parts import PATIENCE_MS, CardParts
from adapters.qr_gates.codes.delimited_family import BadFamily, family_of
from adapters.qr_gates.codes.dispatcher import Dispatcher
from adapters.qr_gates.codes.families.smart_health_card import CardPart
from adapters.qr_gates.codes.shown_code import Birth, Identity, ShownCode, UnreadableCode
from tests.qr_gates.issuer import base45

UNDEFINED = b"\x81\x8d\x8f\x90\x9d"  # in CP1252
NOBODY = Dispatcher(TrustList())
CARD = "075199001234|271234567|Nguyễn Thị Ánh Tuyết|02091999|Nữ|Tổ 5, Trảng Dài, Biên Hòa, Đồng Nai|15042021"


def read(text: str | bytes) -> ShownCode:
    return NOBODY.read(text.encode() if isinstance(text, str) else text)


def test_composed_and_decomposed_letters_are_one_person() -> None:
    spoken = [read(unicodedata.normalize(form, CARD)) for form in ("NFC", "NFD")]
    assert spoken[0] == spoken[1]
    assert spoken[0].initials == "NTÁT"


def test_a_byte_order_mark_is_nothing() -> None:
    assert read("\ufeff" + CARD) == read(CARD)


def test_the_code_page_of_viet_nam_is_guessed_and_flagged() -> None:
    marks = {
        "ễ": "ê\u0303",
        "ị": "i\u0323",
        "ế": "ê\u0301",
        "ữ": "ư\u0303",
        "ổ": "ô\u0309",
        "ả": "a\u0309",
        "ồ": "ô\u0300",
        "ò": "o\u0300",
    }
    old = "".join(marks.get(letter, letter) for letter in CARD)  # CP1258 writes most tones as marks
    shown = read(old.encode("cp1258"))
    assert shown.flags == ("charset.cp1258",)
    assert (shown.initials, shown.sex, shown.identity) == ("NTÁT", "F", read(CARD).identity)


def test_twice_encoded_text_is_mended() -> None:
    letters = CARD.replace("Tuyết", "Đặng").encode()
    windows = "".join(
        bytes([each]).decode("cp1252") if each not in UNDEFINED else chr(each) for each in letters
    )
    shown = read(windows)
    assert shown.flags == ("charset.mojibake",)
    assert (shown.initials, shown.sex) == ("NTÁĐ", "F")


@pytest.mark.parametrize(
    ("field", "flag"),
    [
        (("02091999", "02091998"), "id.birth_year"),
        (("Nữ", "Nam"), "id.sex"),
        (("075199", "000199"), "id.province"),
        (("075199", "075999"), "id.century"),
        (("02091999", "31021999"), "birth"),
        (("Nữ", "?"), "sex"),
    ],
)
def test_a_card_that_contradicts_itself_is_flagged_and_read(field: tuple[str, str], flag: str) -> None:
    assert flag in read(CARD.replace(*field)).flags


def test_the_card_of_2024_keeps_nothing_of_the_parents() -> None:
    shown = read(f"{CARD}||Nguyễn Văn Cha|Trần Thị Mẹ")
    assert shown.kind == "can-cuoc"
    assert "Cha" not in repr(shown)
    assert "Tuyết" not in repr(shown)
    assert shown.identity == read(CARD).identity


def test_long_and_short_insurance_numbers_are_one_person() -> None:
    rest = "|4cc3aa|05/11/1985|1||75-009|01/01/2021"
    assert read(f"GD4757512345678{rest}").identity == read(f"7512345678{rest}").identity
    assert read(f"GD4757512345678{rest}").birth == Birth(1985, 11, 5)


def test_bare_numbers() -> None:
    assert read("271234567").identity == Identity("cmnd", "271234567")
    assert read("075199001234").identity == read(CARD).identity
    assert read("075199001234").birth == Birth(1999)


def test_an_opaque_code_is_known_again_and_never_shown() -> None:
    token = "k3Jd8sLq0P" * 5
    assert read(token) == read(token + "\r")
    assert token not in repr(read(token).identity)


HOSTILE = {
    "nothing": b" \r",
    "pipes": b"075199001234|" + b"|" * 5000,
    "flood": b"HC1:" + b"A" * 20_000,
    "lower case": b"hc1:not base 45 at all!",
    "cut certificate": b"HC1:NCFTW2BM75VOO10KHH",
    "bomb": b"HC1:" + base45(zlib.compress(b"\xa0" * 2_000_000, 9)).encode(),
    "deep json": b'{"data":' + b"[" * 4000 + b"]" * 4000,
    "not a seal": b'{"data": {"hdr": {"t": "icao.vacc"}, "msg": []}}',
    "no archive": b"PK\x03\x04" + b"\0" * 200,
    "odd digits": b"shc:/567",
    "digits out of range": b"shc:/99999999",
    "a part of many": b"shc:/1/99/5676",
    "controls": b"\x00\x01\x02\x1b[2J",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_codes_are_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(UnreadableCode) as refused:
        NOBODY.read(raw)
    assert refused.value.reason.replace(".", "").replace("_", "").isalnum()


@given(st.binary(max_size=300), st.booleans())
def test_anything_is_read_or_refused(data: bytes, is_certificate: bool) -> None:
    raw = b"HC1:" + base45(data).encode() if is_certificate else data
    with suppress(UnreadableCode):
        NOBODY.read(raw)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=200).map(lambda digits: "".join(map(str, digits))))
def test_any_digits_of_a_smart_card_are_read_or_refused(digits: str) -> None:
    with pytest.raises(UnreadableCode):
        NOBODY.read(f"shc:/{digits}".encode())


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (Birth(2000, 6, 15), date(2021, 6, 14), 20),
        (Birth(2000, 6, 15), date(2021, 6, 15), 21),
        (Birth(2000), date(2021, 12, 30), 20),
        (Birth(2000), date(2021, 12, 31), 21),
    ],
)
def test_age_in_whole_years(born: Birth, on: date, age: int) -> None:
    assert born.age(on) == age


def test_parts_of_a_card_are_joined_in_any_order() -> None:
    parts = CardParts()
    assert parts.add(CardPart(2, 2, "world"), 0) is None
    assert parts.missing == 1
    assert parts.add(CardPart(1, 2, "hello "), 1000) == "hello world"
    assert parts.missing == 0


def test_parts_of_two_people_are_not_joined() -> None:
    parts = CardParts()
    parts.add(CardPart(1, 2, "mine"), 0)
    assert parts.add(CardPart(1, 2, "yours"), 1000) is None
    assert parts.add(CardPart(2, 2, "late"), 1000 + PATIENCE_MS + 1) is None


MINE = """
kind = "mine"
precedence = 5
begins = "X[|]"
separator = "|"
fields = ["ignored", "number", "token"]
least_fields = 3
identity = { field = "token", kind = "mine" }
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('separator = "|"', 'separator = ""'),
        ('"number"', '"fingerprint"'),
        ("least_fields = 3", "least_fields = 1"),
        ('"X[|]"', '"X["'),
    ],
)
def test_a_family_that_cannot_be_is_refused(right: str, wrong: str) -> None:
    with pytest.raises(BadFamily):
        family_of(MINE.replace(right, wrong))


def test_a_new_family_is_a_few_lines() -> None:
    shown = Dispatcher(TrustList(), [family_of(MINE)]).read(b"X|1|abc")
    assert (shown.kind, shown.identity) == ("mine", Identity("mine", "abc"))
