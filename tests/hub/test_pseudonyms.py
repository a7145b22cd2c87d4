"""Pseudonyms: keyed, one-way, the same for the same person however the name was typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.pseudonyms import KeyedPseudonyms

PROVINCE = KeyedPseudonyms(bytes(range(32)), weak=False)
EDGE = KeyedPseudonyms(bytes(range(1, 33)), weak=True)


def test_golden_values() -> None:
    """They are in stores for good: a change here makes strangers of everybody."""
    assert PROVINCE.key_id == "6b09d104"
    assert PROVINCE.person("vnid", "075184292001") == "p-6b09d104:a4c0bd3a9e41c7e012a269b343798dfc"
    assert PROVINCE.patient("bv-1", "P77") == "w-6b09d104:b9af0893b2a755e742ea8144caabcc08"
    assert PROVINCE.label("Nguyễn Thị Hoa") == "h:91c261507d29c9989543b9edd1f8153b"


@given(st.text(max_size=30))
def test_composed_and_decomposed_are_the_same(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert PROVINCE.person("name", composed) == PROVINCE.person("name", decomposed)
    assert PROVINCE.patient("bv-1", composed) == PROVINCE.patient("bv-1", f"  {decomposed}\n")


def test_key_type_and_site_are_part_of_the_name() -> None:
    names = {
        PROVINCE.person("vnid", "1"),
        PROVINCE.person("passport", "1"),
        EDGE.person("vnid", "1"),
        PROVINCE.patient("bv-1", "1"),
        PROVINCE.patient("bv-2", "1"),
        PROVINCE.patient("vnid", "1"),
    }
    assert len(names) == 6


def test_prefix_says_how_far_it_carries() -> None:
    assert PROVINCE.person("vnid", "1").startswith(f"p-{PROVINCE.key_id}:")
    assert EDGE.person("vnid", "1").startswith(f"w-{EDGE.key_id}:"), "no province key here"
    assert PROVINCE.patient("bv-1", "1").startswith(f"w-{PROVINCE.key_id}:"), "a hospital's own number"


@pytest.mark.parametrize(
    "text", ["SP-1", "A/2026.07_1", "12345678", "12345678901", "1234567890123", "x" * 32]
)
def test_label_that_fits_passes(text: str) -> None:
    assert PROVINCE.label(text) == text


@pytest.mark.parametrize(
    "text", ["", "x" * 33, "SP 1", "123456789", "0912345678", "075184292001", "Nguyễn", "SP-1\n", "a\0"]
)
def test_label_that_could_be_a_person_is_hidden(text: str) -> None:
    assert PROVINCE.label(text).startswith("h:")


def test_hidden_label_is_one_way_and_stable() -> None:
    assert PROVINCE.label("Nguyễn Thị Hoa") == PROVINCE.label(unicodedata.normalize("NFD", "Nguyễn Thị Hoa"))
    assert PROVINCE.label("Nguyễn Thị Hoa") != EDGE.label("Nguyễn Thị Hoa")
    assert len(PROVINCE.label("x" * 1000)) == 34


def test_pattern_of_the_profile_decides() -> None:
    assert PROVINCE.label("XN 0001", r"XN [0-9]{4}") == "XN 0001"
    assert PROVINCE.label("XN 00011", r"XN [0-9]{4}").startswith("h:"), "the whole of it must fit"
    assert PROVINCE.label("0912345678", r"[0-9]{10}").startswith("h:"), "a phone number never passes"


def test_bytes_that_are_no_text_have_a_name_too() -> None:
    broken = b"\xffP1".decode("utf-8", "surrogateescape")
    assert PROVINCE.patient("bv-1", broken) != PROVINCE.patient("bv-1", "P1")
