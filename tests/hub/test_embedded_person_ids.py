"""A citizen id or a mobile number behind a prefix is no label; dates and counters are (ADR 4)."""

import pytest

from hub.pseudonyms import KeyedPseudonyms

PSEUDONYMS = KeyedPseudonyms(bytes(32), weak=False)


@pytest.mark.parametrize("text", ["O-075184292001", "075184292001/1", "SDT0912345678", "XN.001099012345"])
def test_an_id_behind_a_prefix_is_hidden(text: str) -> None:
    assert PSEUDONYMS.label(text).startswith("h:")


@pytest.mark.parametrize("text", ["SP-202108050001", "LAB2021080500012", "0PHJ100001N0QVJ", "A-20210805"])
def test_dates_and_counters_pass(text: str) -> None:
    assert PSEUDONYMS.label(text) == text
