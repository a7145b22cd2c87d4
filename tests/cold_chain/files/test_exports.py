"""Berlinger's exports: the grammar, what each line means, and that pieces mean what the whole does."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cold_chain.exports import berlinger, reading
from adapters.cold_chain.exports.indented import grow
from adapters.cold_chain.exports.slabs import ROWS_A_PIECE
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Fact, Frame
from hub.payloads import Reading
from tests.cold_chain.devices import RECEIVED_MS
from tests.cold_chain.devices import reading as reading_of
from tests.cold_chain.files.loggers import CORPUS, CSV, TABLE, config, export, logger, rows

DEVICES = [logger(), logger(format="table", table=TABLE), logger(unit="[degF]", profile="freezer")]
ALPHABET = st.sampled_from(
    ["Device: x", "Conf:", " Serial: 1", " Alarm:", "  0:", "   T AL: -0.5, t AL: 60", "Hist:", " 1:",
     "  Date: 2022-06-01", "  Min T: +2.0, TS Min T: 13:30", "  Alarm:", "   0:", "    t Acc: 3, TS A: 00:00",
     "Data:", "\tyyyy\tT\tx", "\t2022-06-01 00:00\t9.9\tx", "\t2022-06-01 00:00\t327.67", "Sig: 0", "", "\r",
     "Date,Time,Temp °C,RH", "01/06/2022,08:10,4.6,51", '"', ",,,"]
) | st.text(max_size=20)  # fmt: skip


def found(raw: bytes, **settings: object) -> dict[tuple[str, str], list[Reading]]:
    """Readings by metric and local time."""
    meaning = reading.understand(Frame(raw), RECEIVED_MS, config(**settings, timezone="UTC"))
    by_place: dict[tuple[str, str], list[Reading]] = {}
    for fact in meaning.facts:
        said = reading_of(fact)
        by_place.setdefault((said.metric, minute(fact)), []).append(said)
    return by_place


def minute(fact: Fact) -> str:
    return datetime.fromtimestamp(fact.time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def values(raw: bytes, metric: str) -> dict[str, float | None]:
    return {time: said[0].value for (name, time), said in found(raw).items() if name == metric}


def test_rows_and_the_devices_own_flags() -> None:
    raw = export("2022-06-01 00:00\t8.0", "2022-06-01 00:05\t8.1\tx", "2022-06-01 00:10\t+2.0\t")
    assert list(values(raw, "temp.vaccine").values()) == [8.0, 8.1, 2.0]
    assert list(values(raw, "alarm.limits").values()) == [0.0, 1.0, 0.0]


def test_columns_are_found_by_their_names() -> None:
    whole = export("2022-06-01 00:00\t9.0\tx")
    assert values(whole.replace(b"Out of limits", b"Remark"), "alarm.limits") == {}
    moved = whole.replace(b"\tT\t", b"\tLight\tT\t").replace(b"\t9.0\t", b"\t3\t9.0\t")
    assert list(values(moved, "temp.vaccine").values()) == [9.0]
    assert list(values(moved, "alarm.limits").values()) == [1.0]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("85.0", "power_on_reset"), ("-127.0", "probe_lost"), ("327.67", "probe_lost"), ("3276.7", "probe_lost"),
     ("300.0", "probe_lost"), ("", "missing"), ("---", "not_numeric"), ("8,1", "not_numeric"),
     ("1e1", "not_numeric"), ("nan", "not_numeric"), ("140.0", "out_of_range")],
)  # fmt: skip
def test_what_is_no_measurement_is_never_a_number(cell: str, reason: str) -> None:
    (said,) = found(export(f"2022-06-01 00:00\t{cell}"))["temp.vaccine", "2022-06-01 00:00"]
    assert (said.value, said.quality, said.reason) == (None, "BAD", reason)


def test_local_time_is_of_the_configured_zone() -> None:
    frame = Frame(export("2022-06-01 07:00\t4.0"))
    meaning = reading.understand(frame, RECEIVED_MS, config())
    assert {minute(fact) for fact in meaning.facts} == {"2022-06-01 00:00"}


DAYS = """ 1:
  Date: 2022-06-08
  Min T: +4.0, TS Min T: 00:42
  Avrg T: +4.5
  Alarm:
   0:
    t Acc: 0
   1:
    t Acc: 20, TS A: 09:55, C A: 0
  Checked:
   TS AM: 08:01
 2:
  Date: 2022-06-07
  Max T: +30.3, TS Max T: 16:50
  Avrg T: +9.9
  Alarm:
   0:
    t Acc: 0
   1:
    t Acc: 312, TS A: 00:00, C A: 0
  Ext Sensor timeout:
   t AccST: 21, TS ST: 15:04
  Int Sensor timeout:
   t AccST: 0"""


def test_days_of_the_history() -> None:
    raw = export(days=DAYS)
    assert values(raw, "alarm.heat") == {
        "2022-06-08 00:00": 0.0,  # nothing was left of the day before
        "2022-06-08 09:55": 1.0,
        "2022-06-07 00:00": 1.0,  # it went on over midnight
    }
    assert values(raw, "alarm.low") == {"2022-06-08 00:00": 0.0, "2022-06-07 00:00": 0.0}
    assert values(raw, "temp.vaccine.mean") == {"2022-06-07 00:00": 9.9}  # the 8th is not over
    assert values(raw, "limits.above_minutes") == {"2022-06-07 00:00": 312.0}
    assert values(raw, "temp.vaccine.max") == {"2022-06-07 16:50": 30.3}
    assert values(raw, "check.manual") == {"2022-06-08 08:01": 1.0}
    assert values(raw, "probe.lost_minutes") == {"2022-06-07 00:00": 21.0}
    (lost,) = found(raw)["temp.vaccine", "2022-06-07 15:04"]
    assert (lost.value, lost.quality, lost.reason) == (None, "BAD", "probe_lost")


def test_two_values_of_one_minute_are_both_kept() -> None:
    raw = export("2022-06-01 00:00\t4.0", "2022-06-01 00:00\t9.0\tx", "2022-06-01 00:00\t4.0")
    assert [said.value for said in found(raw)["temp.vaccine", "2022-06-01 00:00"]] == [4.0, 9.0]


def test_a_row_that_cannot_be_placed_is_a_problem_and_the_others_are_taken() -> None:
    meaning = reading.understand(
        Frame(export("2022-06-01 00:00\t4.0", "2099-01-01 00:00\t5.0", "gestern\t6.0")), RECEIVED_MS, config()
    )
    assert [
        reading_of(fact).value for fact in meaning.facts if reading_of(fact).metric == "temp.vaccine"
    ] == [4.0]
    assert [(problem.reason, problem.place) for problem in meaning.problems] == [
        ("cold.record_time", "readings: 4")
    ]


def test_an_export_without_its_signature_is_taken_and_told() -> None:
    meaning = reading.understand(Frame(export("2022-06-01 00:00\t4.0", end="")), RECEIVED_MS, config())
    assert [problem.reason for problem in meaning.problems] == ["cold.export_cut"]
    assert meaning.facts


@given(st.integers(1, 60))
def test_a_value_that_was_cut_off_is_not_read(missing: int) -> None:
    raw = export("2022-06-01 00:00\t12.5\tx", "2022-06-01 00:05\t-12.5\tx")[:-missing]
    assert set(values(raw, "temp.vaccine").values()) <= {12.5, -12.5}


def test_a_long_export_that_was_cut_off_loses_its_last_row_only() -> None:
    raw = export(*rows(2 * ROWS_A_PIECE + 1), end="").split(b"\r\nCert:")[0]
    facts: set[Fact] = set()
    for piece in reading.pieces(raw, config()):
        facts |= set(logger().interpret(Frame(piece, origin=f"file {RECEIVED_MS} {ROWS_A_PIECE} x"), 0).facts)
    assert sum(reading_of(fact).metric == "temp.vaccine" for fact in facts) == 2 * ROWS_A_PIECE


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(export().replace(b"yyyy-MM-dd", b"dd.MM.yyyy"), "cold.export_columns"),
     (b"", "cold.empty"), (b"Serial: 5\r\n", "cold.not_an_export"),
     (b"Device: x\n  deep: 1\n", "cold.export_broken"),
     (b"Device: x\nno colon\n", "cold.export_broken"), (b"\x00\xff", "cold.export_broken")],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_a_code(raw: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        berlinger.read(raw)
    assert refused.value.reason == reason


def test_a_head_that_every_piece_would_repeat_is_bounded() -> None:
    raw = export(*rows(ROWS_A_PIECE + 1)).replace(
        b" Temp unit", b" User String 1: " + b"x" * 70_000 + b"\r\n Temp unit"
    )
    with pytest.raises(Undecodable, match="head_too_large"):
        list(reading.pieces(raw, config()))


@settings(max_examples=12, deadline=None)  # decodes up to 1,200 rows three times
@given(st.integers(0, 3 * ROWS_A_PIECE + 1), st.booleans())
def test_pieces_mean_what_the_whole_means(count: int, is_table: bool) -> None:
    lines = [row.replace("\t", ",") for row in rows(count)]
    layout = {"time": ["t"], "columns": {"temp.vaccine": {"column": "v"}}}
    raw = "\n".join(["t,v", *lines]).encode() if is_table else export(*rows(count), days=DAYS)
    device = logger(format="table", table=layout) if is_table else logger()
    whole = device.interpret(Frame(raw), RECEIVED_MS).facts
    pieces = list(reading.pieces(raw, device.config))
    assert pieces[0] == raw
    parts: dict[Fact, None] = {}
    for piece in pieces:
        meaning = device.interpret(Frame(piece, origin=f"file {RECEIVED_MS} {ROWS_A_PIECE} x"), 0)
        assert not meaning.problems
        parts |= dict.fromkeys(meaning.facts)
    assert set(parts) == set(whole)
    assert all(len(piece) < 40_000 for piece in pieces[1:])


@given(st.sampled_from(DEVICES), st.lists(ALPHABET, max_size=40).map("\n".join) | st.binary().map(repr))
def test_any_lines(device: object, text: str) -> None:
    check(device, text.encode("utf-8", "surrogatepass"))


@given(st.sampled_from(DEVICES), st.binary(max_size=300))
def test_any_bytes(device: object, raw: bytes) -> None:
    check(device, raw)


def check(device: object, raw: bytes) -> None:
    assert isinstance(device, type(DEVICES[0]))
    meaning = device.interpret(Frame(raw), RECEIVED_MS)
    assert meaning == device.interpret(Frame(raw), RECEIVED_MS)
    assert all(problem.reason.startswith("cold.") and problem.raw == raw for problem in meaning.problems)
    for fact in meaning.facts:
        said = reading_of(fact)
        assert (said.value is None) == (said.quality == "BAD")
        assert said.value is None or math.isfinite(said.value)
        assert fact.timesource == "observation"


@given(
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters="0123456789"), min_size=17
    )
)
def test_text_of_a_file_stays_at_the_edge(words: str) -> None:
    raw = export(f"2022-06-01 00:00\t{words}", serial=words)
    meaning = reading.understand(Frame(raw), RECEIVED_MS, config())
    assert words not in repr(meaning.facts).replace("\\\\", "\\")
    table = CSV.replace(b"TRIX-8", words.encode()).replace(b",50", b"," + words.encode())
    meaning = reading.understand(Frame(table), RECEIVED_MS, config(format="table", table=TABLE))
    assert words not in repr(meaning.facts).replace("\\\\", "\\")


def corpus(name: str) -> bytes:
    path = CORPUS / name
    if not path.exists():
        pytest.skip("the corpus is not here")
    return path.read_bytes()


def test_every_flag_of_a_real_fridge_tag_2l_is_what_its_limits_say() -> None:
    read = berlinger.read(corpus("berlinger_fridgetag2L_130500109088.txt"))
    assert len(read.rows) == 10_653
    assert sum(row.is_out is True for row in read.rows) == 5_994
    assert [row for row in read.rows if read.limits.broken_by(float(row.value or 0)) != row.is_out] == []


def test_a_real_fridge_tag_2l_in_pieces_loses_no_row() -> None:
    raw, device = corpus("berlinger_fridgetag2L_130500109088.txt"), logger()
    facts: dict[Fact, None] = {}
    for piece in reading.pieces(raw, device.config):
        facts |= dict.fromkeys(
            device.interpret(Frame(piece, origin=f"file {RECEIVED_MS} {ROWS_A_PIECE} x"), 0).facts
        )
    said = [reading_of(fact) for fact in facts]
    assert sum(each.metric == "temp.vaccine" for each in said) == 10_653
    assert sum(each.metric == "alarm.limits" and each.value == 1 for each in said) == 5_994
    assert sum(each.metric in ("alarm.heat", "alarm.low") and each.value == 1 for each in said) == 30
    assert all(each.quality == "GOOD" for each in said)


def test_a_real_fridge_tag_2() -> None:
    raw = corpus("berlinger_fridgetag2_130400191544.txt")
    assert values(raw, "limits.above_minutes")["2023-04-18 00:00"] == 2
    assert values(raw, "probe.lost_minutes")["2023-04-17 16:43"] == 178  # since it was switched on
    assert values(raw, "alarm.heat") == {
        "2023-04-20 00:00": 0, "2023-04-19 00:00": 0, "2023-04-18 00:00": 0, "2023-04-17 16:43": 0,
    }  # fmt: skip
    assert values(raw, "temp.vaccine.max")["2023-04-17 19:41"] == 20.8


def test_a_real_q_tag() -> None:
    raw = corpus("berlinger_qtag_clm_RCPJ00010_02.txt")
    assert values(raw, "temp.vaccine.mkt") == {"2022-11-09 01:28": 10.5}
    assert values(raw, "temp.vaccine.mean") == {"2022-11-09 01:28": 5.4}
    assert values(raw, "alarm.heat") == {"2022-11-08 04:49": 0, "2022-11-08 22:20": 1}
    assert values(raw, "alarm.low_total")["2022-11-08 07:34"] == 1
    read = berlinger.read(raw)
    assert [row for row in read.rows if read.limits.broken_by(float(row.value or 0)) != row.is_out] == []
    assert grow(raw).child("Conf").value("MKT Energy") == "83.0"
