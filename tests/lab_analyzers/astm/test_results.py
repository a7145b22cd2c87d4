"""What records mean: the corpus as its makers meant it, arbitrary bytes, and nothing personal."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.astm.frames import Frame as AstmFrame
from adapters.lab_analyzers.astm.frames import FrameReader
from adapters.lab_analyzers.astm.results import AstmReader, sender_of
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, Interpretation
from hub.payloads import LabResult, Target
from hub.pseudonyms import KeyedPseudonyms
from tests.lab_analyzers.astm.device import records

LAB = Path(__file__).parents[4] / "shared" / "corpus" / "lab"
RECEIVED_MS = int(datetime(2026, 8, 20, tzinfo=UTC).timestamp() * 1000)
KEY = KeyedPseudonyms(b"c" * 32, weak=False)

with_corpus = pytest.mark.skipif(
    not LAB.is_dir(), reason="the corpus of real messages is not beside the project"
)


def read(raw: bytes, profile: str = "genexpert") -> Interpretation:
    reader = AstmReader(load_profile(profile), KEY, "bv", ZoneInfo("Asia/Ho_Chi_Minh"))
    return reader.interpret(Frame(raw), RECEIVED_MS)


def corpus(name: str) -> bytes:
    raw = (LAB / name).read_bytes()
    if name.endswith(".astm"):
        return raw
    found = FrameReader().feed(raw)
    assert all(isinstance(token, AstmFrame) and token.intact for token in found)
    return b"".join(token.text for token in found if isinstance(token, AstmFrame))


def results(interpretation: Interpretation) -> list[LabResult]:
    return [fact.payload for fact in interpretation.facts if isinstance(fact.payload, LabResult)]


Brief = list[tuple[str, str, str, str, bool]]


def brief(interpretation: Interpretation) -> Brief:
    return [(r.specimen, r.test.code, r.call, r.status, r.control) for r in results(interpretation)]


def calls(result: LabResult) -> list[tuple[str, str, float | None]]:
    return [(target.code, target.call, target.ct) for target in result.targets]


@with_corpus
def test_a_negative_panel_of_four() -> None:
    meaning = read(corpus("astm_records_cepheid_302-7279-6.1.1.1.astm"))
    assert meaning.problems == ()
    assert brief(meaning) == [
        ("99999", test, "NEG", "F", False) for test in ("SARSCOV2", "FLUA", "FLUB", "RSV")
    ]
    assert [calls(result) for result in results(meaning)] == [
        [("SARS-CoV-2", "NEG", None)],
        [("Flu A 1", "NEG", None), ("Flu A 2", "NEG", None)],
        [("Flu B", "NEG", None)],
        [("RSV", "NEG", None)],
    ]
    assert {result.analyzer.serial for result in results(meaning)} == {"804051"}
    (when,) = {fact.time_ms for fact in meaning.facts}
    assert datetime.fromtimestamp(when / 1000, UTC) == datetime(2021, 7, 13, 9, 42, 24, tzinfo=UTC)
    assert "John" not in repr(meaning.facts)


@with_corpus
def test_a_viral_load_below_the_range() -> None:
    meaning = read(corpus("astm_records_cepheid_hivvl-below-40.astm"))
    (result,) = results(meaning)
    assert (result.test.code, result.call, result.status) == ("HIVVL", "POS", "F")
    assert result.specimen == KEY.label("HIV-1 30cp")
    assert result.targets == (
        Target("HIVVL", call="POS", comparator="<", flags=("abnormal:<", "below_range")),
        Target("HIV-1", call="POS", ct=38.4),
    )
    assert meaning.problems == ()


@with_corpus
def test_a_tuberculosis_message_in_one_frame() -> None:
    """Not found: trace and resistance are blank, which is no result and no "susceptible"."""
    meaning = read(corpus("astm_genexpert_mtb_single_frame.bin"))
    assert brief(meaning) == [
        ("PR25A137", "Xpert", "NEG", "F", False),
        ("PR25A137", "Trace", "NO_RESULT", "F", False),
        ("PR25A137", "RIF", "NO_RESULT", "F", False),
    ]
    assert calls(results(meaning)[0]) == [(f"rpoB{at}", "INVALID", None) for at in (1, 2, 3, 4)]
    assert all(target.ct is None for result in results(meaning) for target in result.targets)
    assert {result.person for result in results(meaning)} == {None}
    assert "Sardani" not in repr(meaning.facts)


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        (["O|1|S1|ISID-1||||||||P||||ORH||||||||||I", "P|2", "O|1|S2|ISID-2||||||||P||||ORH||||||||||I"], []),
        (["Q|1|^S1||||||||||O@N"], []),
        (["O|1|S1||^^^COV|R||||||||||ORH||||||||||F"], ["astm.no_result"]),
        ([], ["astm.no_result"]),
    ],
)
def test_a_message_that_is_no_result_is_one_only_where_a_result_was_due(
    lines: list[str], reasons: list[str]
) -> None:
    """GeneXpert answers orders with the ids that it gave to specimens; that and a query are only kept."""
    raw = "".join(f"{line}\r" for line in ("H|@^\\|M1||LAB^GeneXpert^6.4", "P|1", *lines, "L|1|N")).encode()
    meaning = read(raw)
    assert meaning.facts == ()
    assert [problem.reason for problem in meaning.problems] == reasons


@with_corpus
@pytest.mark.parametrize("name", ["astm_afinion2.bin", "astm_sysmex_xn550.bin"])
def test_an_empty_specimen_field_is_not_filled_by_guessing(name: str) -> None:
    meaning = read(corpus(name), "generic")
    assert meaning.facts == ()
    assert [problem.reason for problem in meaning.problems] == ["astm.no_specimen"]


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_header_never_raise(data: bytes) -> None:
    for head in (b"H|\\^&\rO|1|S\rR|1|", b"H|@^\\|\rP|1\rO|1|S||^^^A\r", b"MSH|^~\\&|", b""):
        for profile in ("genexpert", "generic"):
            read(head + data, profile)
        sender_of(head + data)


MESSAGE = b"".join(records())


@given(st.integers(0, len(MESSAGE)), st.integers(0, len(MESSAGE)), st.binary(max_size=4))
def test_nearly_right_bytes_never_raise(start: int, size: int, junk: bytes) -> None:
    meaning = read(MESSAGE[:start] + junk + MESSAGE[start + size :])
    assert meaning.facts or meaning.problems


def test_what_people_type_stays_at_the_edge() -> None:
    """A name, a telephone number and an id where a specimen, a code and a comment belong."""
    names = ("Nguyễn Thị Ánh", "0912345678", "079123456789")
    for typed in names:
        lines = b"".join(records(typed)).decode()
        lines = lines.replace("^COV2^", f"^{typed}^").replace("HN-771", typed).replace("KTV", typed)
        lines = lines.replace("L|1|N", f"C|1|I|Error^{typed}^{typed}|I\rL|1|N")
        meaning = read(lines.encode())
        assert meaning.facts
        assert not [name for name in (*names, "Ánh") if name in repr(meaning.facts)]
        assert not [name for name in names if name in repr([(p.reason, p.place) for p in meaning.problems])]


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        (MESSAGE, ("LAB^GeneXpert^6.4", "LAB")),
        (b"\r\nH|\\^&|||XN-550^00-24\rL|1\r", ("XN-550^00-24", "XN-550")),
        (b"MSH|^~\\&|GX^1|LAB|||20260812||ORU^R01|7|P|2.5\r", ("GX^1", "GX")),
        (b"MSH", ("", "")),
        (b"nothing", ("", "")),
        (b"", ("", "")),
    ],
)
def test_who_sent_it(raw: bytes, sender: tuple[str, str]) -> None:
    assert sender_of(raw) == sender
