"""Words, codes, numbers, LOINC digits and time stamps, one by one."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers import calls, loinc, quantities, times
from hub.payloads import Call

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("word", "call"),
    [
        ("POSITIVE", "POS"),
        ("Detected", "POS"),
        ("Not detected", "NEG"),
        ("  NOT   DETECTED ", "NEG"),
        ("Target Not Detected", "NEG"),
        ("NON DÉTECTÉ", "NEG"),
        ("NON DE\u0301TECTE\u0301", "NEG"),
        ("Dương tính", "POS"),
        ("Âm tính", "NEG"),
        ("NO RESULT - REPEAT TEST", "NO_RESULT"),
        ("INVALID", "INVALID"),
        ("ERROR", "ERROR"),
        ("INDETERMINATE", "INDETERMINATE"),
        ("RIF Resistance NOT DETECTED", None),
        ("possibly positive", None),
        ("", None),
        ("positive" + " " * 100, None),
    ],
)
def test_words_are_compared_whole(word: str, call: Call | None) -> None:
    assert calls.of_word(word, {}) == call


def test_every_word_is_written_as_it_is_compared() -> None:
    assert all(word == calls.plain(word) for word in calls._CALL_OF_WORD)


@pytest.mark.parametrize(
    ("targets", "call"),
    [
        (["NEG", "POS", "ERROR"], "POS"),
        (["NEG", "NEG"], "NEG"),
        (["NEG", "NO_RESULT", "INVALID", "ERROR"], "ERROR"),
        (["NEG", "NO_RESULT", "INVALID"], "INVALID"),
        (["NEG", "INDETERMINATE", "NO_RESULT"], "NO_RESULT"),
        (["NEG", "INDETERMINATE"], "INDETERMINATE"),
        (["NEG", "UNMAPPED"], "UNMAPPED"),
        ([], "UNMAPPED"),
    ],
)
def test_call_of_a_test_from_its_targets(targets: list[Call], call: Call) -> None:
    assert calls.overall(targets) == call


@pytest.mark.parametrize(
    ("text", "unit", "decimal", "expected"),
    [
        ("3.26E+05 cp/mL", "1/mL", ".", (326000.0, None, "cp/mL")),
        ("< 20", "cp/mL", ".", (20.0, "<", "cp/mL")),
        (">=1E7 IU/mL", "", ".", (1e7, ">=", "IU/mL")),
        ("≤5", "", ".", (5.0, "<=", None)),
        ("2.52E+3 (3.40)", "cp/mL", ".", (2520.0, None, "cp/mL")),
        ("763", "10*-1.{Copies}/mL", ".", (76.3, None, "{Copies}/mL")),
        ("60,96", "%", ",", (60.96, None, "%")),
        ("60,96", "%", ".", None),
        ("12", "Nguyen", ".", (12.0, None, None)),
        ("1e999", "", ".", None),
        ("nan", "", ".", None),
        ("inf", "", ".", None),
        ("٣", "", ".", None),
        ("１２", "", ".", None),
        ("1_000", "", ".", None),
        ("5 to 6", "", ".", None),
        ("", "", ".", None),
        ("9" * 400, "", ".", None),
    ],
)
def test_numbers(
    text: str, unit: str, decimal: str, expected: tuple[float, str | None, str | None] | None
) -> None:
    assert quantities.parse(text, unit, decimal) == expected


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        (["<", "40"], (40.0, "<", "cp/mL")),
        (["", "12.5"], (12.5, None, "cp/mL")),
        (["=", "7"], (7.0, None, "cp/mL")),
        ([">", "1", "-", "5"], None),
        (["", "1", ":", "128"], None),
        (["<>", "4"], None),
        (["<"], None),
        ([""], None),
    ],
)
def test_structured_numbers(components: list[str], expected: tuple[float, str | None, str] | None) -> None:
    assert quantities.parse_structured(components, "cp/mL") == expected


@pytest.mark.parametrize(
    ("text", "ct"),
    [
        ("26.71", 26.71),
        ("0", None),
        ("0.0", None),
        ("-1", None),
        ("Undetermined", None),
        (">40", None),
        ("999", None),
    ],
)
def test_cycles(text: str, ct: float | None) -> None:
    assert quantities.cycles(text) == ct


@pytest.mark.parametrize("text", ["***.**", "-----", "****", "..."])
def test_placeholders(text: str) -> None:
    assert quantities.is_placeholder(text)


@given(st.text(max_size=80), st.text(max_size=40), st.sampled_from([".", ","]))
def test_numbers_are_finite_or_none(text: str, unit: str, decimal: str) -> None:
    quantity = quantities.parse(text, unit, decimal)
    assert quantity is None or abs(quantity.value) < float("inf")


@pytest.mark.parametrize("code", [*loinc.TARGET_TEXT, *loinc.CT_TARGET, "20447-9"])
def test_the_loinc_codes_we_ship_have_the_right_digit(code: str) -> None:
    assert loinc.is_loinc(code)


@pytest.mark.parametrize(
    "code", ["94500-7", "94642-2", "94500\u20116", "945006", "", "٩٤٥٠٠-6", "1" * 50 + "-1"]
)
def test_wrong_loinc_codes(code: str) -> None:
    assert not loinc.is_loinc(code)


@given(st.integers(1, 9_999_999), st.integers(0, 9))
def test_exactly_one_digit_is_right(number: int, digit: int) -> None:
    assert sum(loinc.is_loinc(f"{number}-{last}") for last in range(10)) == 1
    assert isinstance(loinc.is_loinc(f"{number}-{digit}"), bool)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("20260301101500", "2026-03-01T03:15:00+00:00"),
        ("20260301101500+0000", "2026-03-01T10:15:00+00:00"),
        ("20260301101500.1234-0500", "2026-03-01T15:15:00.123000+00:00"),
        ("202603011015", "2026-03-01T03:15:00+00:00"),
        ("20260301", "2026-02-28T17:00:00+00:00"),
        ("20260301101500+1400", "2026-02-28T20:15:00+00:00"),
    ],
)
def test_time_stamps(stamp: str, expected: str) -> None:
    time_ms = times.to_ms(stamp, HANOI)
    assert time_ms is not None
    assert datetime.fromtimestamp(time_ms / 1000, UTC).isoformat() == expected


@pytest.mark.parametrize(
    "stamp",
    ["", "2026", "202603", "00000101000000", "20260230", "20260301250000", "20260301101560",
     "20260301101500+1500", "20260301101500+0760", "２０２６０３０１", "20260301101500Z", "x" * 5000],
)  # fmt: skip
def test_no_time_stamps(stamp: str) -> None:
    assert times.to_ms(stamp, HANOI) is None


@given(st.text(alphabet="0123456789.+-", max_size=30))
def test_any_digits_give_a_time_or_none(stamp: str) -> None:
    assert isinstance(times.to_ms(stamp, HANOI), int | None)
