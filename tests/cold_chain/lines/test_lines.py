"""Text lines and 1-wire text: what stands where, sentinels, and streams cut anywhere."""

import math
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.cold_chain.lines.framing import LONGEST_LINE, LineCodec
from adapters.cold_chain.lines.template import Template
from hub.contract import Frame, MalformedFrame
from tests.cold_chain.devices import RECEIVED_MS
from tests.cold_chain.devices import reading as reading_of
from tests.cold_chain.files.loggers import CORPUS
from tests.cold_chain.lines.probes import PATTERN, W1_GOOD, config, probe

Said = list[tuple[str, float | None, str | None]]
COLUMNS = {"temp.vaccine": 2, "humidity.vaccine": 3, "door.open": 4}


def said(raw: bytes, **settings: Any) -> Said:
    meaning = probe(**settings).interpret(Frame(raw), RECEIVED_MS)
    if meaning.problems:
        return [("", None, problem.reason) for problem in meaning.problems]
    return [(each.metric, each.value, each.reason) for each in map(reading_of, meaning.facts)]


def test_a_line_by_a_pattern() -> None:
    assert said(b"T1=+4.6  C\tT2=24.5 ok") == [("temp.vaccine", 4.6, None), ("temp.ambient", 24.5, None)]
    assert said(b"T1=40.1 F T2=24.5 ok")[0] == ("temp.vaccine", 4.5, None)
    assert said(b"T1=40.1 Q T2=24.5 ok")[0] == ("temp.vaccine", None, "unit_unknown")
    assert said(b"T1=40.1 Q T2=24.5 ok", unit="[degF]")[0] == ("temp.vaccine", 4.5, None)


def test_a_line_in_columns() -> None:
    columns = {"dialect": "columns", "columns": COLUMNS}
    expected = [("temp.vaccine", 4.6, None), ("humidity.vaccine", 51.0, None), ("door.open", 1.0, None)]
    assert said(b"17  4.6 51\topen", **columns) == expected
    assert said(b"17;4.6;51; OPEN", **columns, separator=";") == expected
    assert said(b"17,4.6,,1", **columns, separator=",")[1] == ("humidity.vaccine", None, "missing")
    assert said(b"17 4.6 51", **columns) == [("", None, "cold.line_unknown")]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("85.0", "power_on_reset"), ("85", "power_on_reset"), ("-127", "probe_lost"), ("-127.00", "probe_lost"),
     ("327.67", "probe_lost"), ("-3276.8", "probe_lost"), ("nan", "not_numeric"), ("", "missing"),
     ("Err", "not_numeric"), ("4,6", "not_numeric"), ("4.6.1", "not_numeric"), ("0x1f", "not_numeric"),
     ("1e1", "not_numeric"), ("140", "out_of_range")],
)  # fmt: skip
def test_what_is_no_measurement_is_never_a_number(cell: str, reason: str) -> None:
    assert said(b"T1=%b C T2=1 ok" % cell.encode())[0] == ("temp.vaccine", None, reason)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"hello", "cold.line_unknown"), (b"1=+4.6 C T2=24.5 ok", "cold.line_unknown"),
     (b"T1=\x004", "cold.not_plain"), (b"T1=\xff C T2=1 ok", "cold.not_plain")],
)  # fmt: skip
def test_what_is_no_line_is_refused_with_a_code(raw: bytes, reason: str) -> None:
    assert said(raw) == [("", None, reason)]


W1: dict[str, Any] = {"dialect": "w1"}
ZERO = b"00 00 00 00 00 00 00 00 00 "
ONES = b"ff ff ff ff ff ff ff ff ff "


@pytest.mark.parametrize(
    ("raw", "value", "reason"),
    [(W1_GOOD, 18.687, None), (W1_GOOD.replace(b"\n", b"\r\n"), 18.687, None),
     (W1_GOOD.replace(b"18687", b"-5062"), -5.062, None), (b"18687\n", 18.687, None),
     (W1_GOOD.replace(b"YES", b"NO"), None, "crc_failed"),
     (W1_GOOD.replace(b"18687", b"85000"), None, "power_on_reset"),
     (W1_GOOD.replace(b"18687", b"-127000"), None, "probe_lost"), (b"85000", None, "power_on_reset"),
     (ZERO + b": crc=00 YES\n" + ZERO + b"t=0", None, "probe_lost"),
     (ONES + b": crc=c9 NO\n" + ONES + b"t=-62", None, "probe_lost"),
     (W1_GOOD.replace(b"18687", b"4095937"), None, "out_of_range")],
)  # fmt: skip
def test_1_wire(raw: bytes, value: float | None, reason: str | None) -> None:
    assert said(raw, **W1) == [("temp.vaccine", value, reason)]


@pytest.mark.parametrize(
    "raw",
    [W1_GOOD[:40], W1_GOOD[40:], W1_GOOD + W1_GOOD, W1_GOOD.replace(b"t=", b"T="), b"x",
     W1_GOOD.replace(b"2b 01", b"2c 01", 1)],
)  # fmt: skip
def test_what_is_no_w1_slave(raw: bytes) -> None:
    assert said(raw, **W1) == [("", None, "cold.w1_broken")]


def test_vectors_of_the_corpus() -> None:
    path = CORPUS / "w1_slave_vectors.txt"
    if not path.exists():
        pytest.skip("the corpus is not here")
    lines = [line for line in path.read_bytes().splitlines() if not line.startswith(b"#")]
    found = [said(b"\n".join(lines[at : at + 2]), **W1)[0][1:] for at in range(0, len(lines), 2)]
    assert found == [
        (18.687, None),
        (None, "crc_failed"),
        (None, "power_on_reset"),
        (22.75, None),
        (-5.062, None),
    ]


def framed(chunks: list[bytes], *, of_w1: bool = False) -> list[Frame | MalformedFrame]:
    codec = LineCodec(of_w1=of_w1)
    found = [frame for chunk in chunks for frame in codec.feed(chunk)]
    assert len(codec._rest) <= LONGEST_LINE
    return found + list(codec.close())


def test_what_comes_before_the_first_line_end_is_not_read() -> None:
    assert framed([b"2.5\n-12.5\r\n"]) == [Frame(b"-12.5")]


def test_a_line_that_has_no_end_is_told() -> None:
    assert framed([b"\n4.5\n4"]) == [Frame(b"4.5"), MalformedFrame(b"4", "cold.line_cut")]
    long = framed([b"\n" + b"9" * 3 * LONGEST_LINE + b"\n4.5\n"])
    assert long == [MalformedFrame(b"9" * LONGEST_LINE, "cold.line_too_long"), Frame(b"4.5")]


def test_two_lines_of_a_w1_slave_are_one_frame() -> None:
    first, second = W1_GOOD.splitlines()
    whole = Frame(W1_GOOD.strip())
    assert framed([b"\n", W1_GOOD, W1_GOOD], of_w1=True) == [whole, whole]
    broken = framed([b"\n" + first + b"\n" + W1_GOOD + second + b"\nx\n" + first], of_w1=True)
    assert [frame.raw for frame in broken if isinstance(frame, Frame)] == [whole.raw]
    assert sum(isinstance(frame, MalformedFrame) for frame in broken) == 4


@given(
    st.lists(st.binary(max_size=30) | st.sampled_from([b"\n", b"t=1\n", b"crc=\n"])), st.data(), st.booleans()
)
def test_any_cut_gives_the_same_frames(parts: list[bytes], data: st.DataObject, of_w1: bool) -> None:
    raw = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert framed(pieces, of_w1=of_w1) == framed([raw], of_w1=of_w1)


PROBES = [probe(), probe(**W1), probe(dialect="columns", columns=COLUMNS)]


@given(
    st.sampled_from(PROBES), st.binary(max_size=80) | st.text("T12= C.-+ok85\t", max_size=30).map(str.encode)
)
def test_any_bytes(device: object, raw: bytes) -> None:
    assert isinstance(device, type(PROBES[0]))
    meaning = device.interpret(Frame(raw), RECEIVED_MS)
    assert meaning == device.interpret(Frame(raw), RECEIVED_MS)
    assert bool(meaning.facts) != bool(meaning.problems)
    assert all(problem.reason.startswith("cold.") and problem.raw == raw for problem in meaning.problems)
    for each in map(reading_of, meaning.facts):
        assert (each.value is None) == (each.quality == "BAD")
        assert each.value is None or math.isfinite(each.value)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=17, max_size=40))
def test_words_of_a_probe_stay_at_the_edge(words: str) -> None:
    meaning = probe().interpret(Frame(f"T1={words} {words} T2={words} {words}".encode()), RECEIVED_MS)
    assert words not in repr(meaning.facts)
    assert all(words not in problem.reason + problem.place for problem in meaning.problems)


@given(st.lists(st.text(" abT=1.{}", max_size=6), min_size=2, max_size=4), st.text(" abT=1.4", max_size=40))
def test_a_pattern_finds_what_an_expression_finds(texts: list[str], line: str) -> None:
    names = ["{temp.a}", "{temp.b}", "{temp.c}"][: len(texts) - 1]
    source = "".join(text + name for text, name in zip(texts, [*names, ""], strict=True))
    try:
        template = Template.parse(source)
    except ValueError:
        return
    expression = "(.*?)".join(re.escape(text) for text in template.texts)
    found, line = template.match(line), " ".join(line.split())
    if found is not None:
        same = re.fullmatch(expression, line)
        assert same is not None
        assert [group.strip() for group in same.groups()] == list(found.values())


@pytest.mark.parametrize(
    "pattern",
    ["", "T=4", "{temp.vaccine}{temp.ambient}", "{temp.x} {temp.x}", "{Temp.x}", "{}", "{unit}", "{temp.x} {",
     "x" * 300]
)  # fmt: skip
def test_a_pattern_that_cannot_work_is_told_before_it_starts(pattern: str) -> None:
    with pytest.raises(ValidationError):
        config(pattern=pattern)


def test_a_dotted_key_without_quotes_is_what_it_looks_like() -> None:
    columns = tomllib.loads("columns = { temp.vaccine = 2, temp.vaccine_2.top = 3, door.open = 4 }")[
        "columns"
    ]
    found = config(dialect="columns", columns=columns).columns
    assert found == {"temp.vaccine": 2, "temp.vaccine_2.top": 3, "door.open": 4}


@pytest.mark.parametrize(
    "settings",
    [{"path": ""}, {"path": "/dev/x", "file": "/x"}, {"host": "h"}, {"port": 5},
     {"dialect": "w1", "pattern": PATTERN},
     {"dialect": "columns"}, {"pattern": "{door.count}"}, {"metric": "door.open"}],
)  # fmt: skip
def test_what_does_not_fit_together_is_told_before_it_starts(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        config(**settings)
