"""Texts: whole and right in both languages, and short enough for one SMS whatever is in them."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alarms.profiles import load_profile, names
from hub.notify.bundling import Message, Policy, bundle
from hub.notify.gsm_text import LONGEST_SMS, gsm
from hub.notify.replies import code_of, number_of, persons_of
from hub.notify.settings import Language, Place
from hub.notify.wording import texts, word, word_test
from storage.notices import NoticeRow
from tests.notify.made import AN, BINH, NOON, SETTINGS, row

LANGUAGES: tuple[Language, ...] = ("vi", "en")


def message(*rows: NoticeRow) -> Message:
    (made,) = bundle(rows, [], Policy(600_000, 1), NOON)[0]
    return replace(made, reply="7F3K")


def test_a_warm_fridge() -> None:
    told = word(message(row()), SETTINGS, "vi")
    assert told.title == "epihub: KHẨN Kho vắc-xin tỉnh Đồng Nai"
    assert told.body == (
        "KHẨN: NÓNG +9,1 °C - fridge-01, Kho vắc-xin tỉnh Đồng Nai. Từ 25/11 12:00. "
        "Chuyển vắc-xin sang tủ khác ngay. Nhận việc: trả lời OK 7F3K"
    )
    assert told.sms == (
        "KHAN: NONG +9.1 C - fridge-01, Kho vac-xin tinh Dong Nai. Tu 25/11 12:00. "
        "Chuyen vac-xin sang tu khac ngay. Nhan viec: tra loi OK 7F3K"
    ).replace("+9.1", "+9,1")


def test_in_english() -> None:
    told = word(message(row(rule="FRZE", worst=-900)), SETTINGS, "en")
    assert told.body.startswith("URGENT: FREEZING -0.9 °C - fridge-01, Kho vắc-xin")
    assert told.sms.endswith("To take it reply OK 7F3K")


def test_several_units_the_worst_first() -> None:
    rows = [row("1", device="f-1", rule="NODATA", severity="warning", worst=None), row("2", device="f-2")]
    told = word(message(*rows), SETTINGS, "vi")
    assert told.body.startswith(
        "KHẨN: 2 cảnh báo tại Kho vắc-xin tỉnh Đồng Nai: f-2 NÓNG, f-1 Không có số liệu."
    )


def test_many_sites() -> None:
    rows = [row(str(n), site=f"site-{n}", device=f"f-{n}", rule="POWER", worst=0) for n in range(40)]
    told = word(message(*rows), SETTINGS, "vi")
    assert "40 cảnh báo tại 40 nơi: site-0, site-1" in told.body
    assert "+28" in told.body
    assert len(told.sms) <= LONGEST_SMS


def test_the_end_needs_no_answer() -> None:
    for kind in ("RETURNED", "WITHDRAWN"):
        told = word(message(row(kind=kind)), SETTINGS, "vi")
        assert "7F3K" not in told.sms
    assert word(
        message(row("1", kind="RETURNED"), row("2", kind="RETURNED")), SETTINGS, "vi"
    ).body.startswith("ĐÃ HẾT 2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_every_profile_has_words(language: Language) -> None:
    known = texts(language)["rules"]
    codes = {rule.code for name in names() for rule in load_profile(name).rules}
    assert codes <= known.keys()
    assert all(each["what"] and each["todo"].endswith(".") for each in known.values())


def test_both_languages_have_the_same_keys() -> None:
    one, other = (texts(language) for language in LANGUAGES)
    assert one.keys() == other.keys()
    for part in ("forms", "severities", "rules"):
        assert one[part].keys() == other[part].keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["RAISED", "REMINDER", "RETURNED", "WITHDRAWN"])
def test_every_text_fits_one_sms_with_its_advice(language: Language, kind: str) -> None:
    """With the name of a site as long as those of the province, and a unit's."""
    for code in texts(language)["rules"]:
        told = word(message(row(kind=kind, rule=code, device="tu-lanh-vac-xin-01")), SETTINGS, language)
        assert len(told.sms) <= LONGEST_SMS
        if kind in ("RAISED", "REMINDER"):
            assert gsm(texts(language)["rules"][code]["todo"]) in told.sms
            assert told.sms.endswith("OK 7F3K")


@given(
    st.text(min_size=1, max_size=200),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=64),
    st.sampled_from(LANGUAGES),
    st.integers(1, 30),
    st.sampled_from(["RAISED", "REMINDER", "RETURNED"]),
)
def test_an_sms_is_short_and_in_the_alphabet(
    name: str, device: str, language: Language, count: int, kind: str
) -> None:
    settings = msgspec.structs.replace(SETTINGS, places={f"s-{n}": Place(name, "clinic") for n in range(3)})
    rows = [row(str(n), kind=kind, site=f"s-{n % 3}", device=device) for n in range(count)]
    for each in bundle(rows, [], Policy(600_000, 1), NOON)[0]:
        told = word(each, settings, language)
        assert len(told.sms) <= LONGEST_SMS
        assert told.sms == gsm(told.sms)
        if kind != "RETURNED":
            assert told.sms.endswith(f"OK {each.reply}")
            assert code_of(told.sms) == each.reply


def test_a_test_says_that_it_is_one() -> None:
    assert "Không có cảnh báo nào" in word_test("vi").body


def test_a_reply_is_read_however_it_is_written() -> None:
    assert code_of("OK 7F3K") == code_of("ok 7f3k nhé") == code_of("Ok:7F3K.") == "7F3K"
    assert code_of("7F3K") == code_of("OK") == code_of("OK 7F3KA") == code_of("BOOK 7F3K") == ""
    assert code_of("x" * 10_000 + " OK 7F3K") == ""


def test_a_number_is_known_with_and_without_its_country() -> None:
    assert (
        number_of("0912345678") == number_of("+84 912 345 678") == number_of("0084912345678") == "84912345678"
    )
    assert persons_of("+84912345678", "sms", SETTINGS) == [AN]
    assert persons_of("0987654321", "sms", SETTINGS) == [BINH]
    assert persons_of("+84912345678", "mail", SETTINGS) == []
    assert persons_of("abc", "sms", SETTINGS) == persons_of("", "sms", SETTINGS) == []
