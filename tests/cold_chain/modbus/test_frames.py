"""Frames of RTU and TCP, numbers of registers, and maps: against the corpus, pymodbus, and anything."""

import math
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pymodbus.framer.rtu import FramerRTU

from adapters.cold_chain.modbus.frames import ReplyReader, Request, crc, registers
from adapters.cold_chain.modbus.maps import FOLDER, Register, blocks, names, number, packaged
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Frame
from tests.cold_chain.devices import RECEIVED_MS
from tests.cold_chain.devices import reading as reading_of
from tests.cold_chain.files.loggers import CORPUS
from tests.cold_chain.modbus.slaves import GOOD, config, slave

ASKED = Request("rtu", 1, 4, 1, 2)
Said = list[tuple[str, float | None, str | None]]


def register(**settings: object) -> Register:
    return Register.model_validate({"address": 0} | settings)


def said(words: list[int], **settings: object) -> Said:
    """Of a device that holds ``words`` where its first request looks."""
    device = slave(**settings)  # type: ignore[arg-type]
    function = device.config.known[next(iter(device.config.metrics))].function
    body = struct.pack(f">BBB{len(words)}H", 1, function, 2 * len(words), *words)
    meaning = device.interpret(Frame(body + crc(body)), RECEIVED_MS)
    assert not meaning.problems
    return [(each.metric, each.value, each.reason) for each in map(reading_of, meaning.facts)]


def test_frames_of_the_corpus() -> None:
    path = CORPUS / "modbus_rtu_xymd02_frames.tsv"
    if not path.exists():
        pytest.skip("the corpus is not here")
    found: list[object] = []
    for line in path.read_text("utf-8").splitlines():
        _, request, reply, _ = (part.rpartition("=")[2] for part in line.split("\t"))
        asked = bytes.fromhex(request)
        known = Request("rtu", *struct.unpack(">BBHH", asked[:6]))
        assert known.frame(0) == asked
        meaning = slave().interpret(Frame(bytes.fromhex(reply), origin=f"modbus 5 {known}"), 0)
        found.append([reading_of(fact).value for fact in meaning.facts] or meaning.problems[0].reason)
    assert found == [[30.5, 54.6], [-18.7, 0.0], "cold.modbus_crc", "cold.modbus_exception"]


@given(st.binary(max_size=256))
def test_crc_is_that_of_another_library(body: bytes) -> None:
    assert int.from_bytes(crc(body), "big") == FramerRTU.compute_CRC(body)


@given(st.binary(max_size=300), st.sampled_from([ASKED, ASKED._replace(framing="tcp")]), st.data())
def test_any_bytes_are_a_reply_or_refused_whatever_the_cut(
    raw: bytes, request: Request, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    cut, whole = ReplyReader(request, 7), ReplyReader(request, 7)
    found = [
        reply for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True) if (reply := cut.feed(raw[a:b]))
    ]
    once = whole.feed(raw)
    assert (found[0] if found else None) == once
    if once is None:
        assert len(whole.rest) <= 300
        return
    with suppress(Undecodable):
        assert len(registers(once, request)) == request.width


@pytest.mark.parametrize(
    ("reply", "reason"),
    [(GOOD, ""), (b"\x02" + GOOD[1:], "cold.modbus_crc"), (GOOD[:-1], "cold.modbus_crc"),
     (b"", "cold.modbus_crc"),
     (b"\x02\x04\x04\x01\x31\x02\x22", "cold.modbus_other"),
     (b"\x01\x03\x04\x01\x31\x02\x22", "cold.modbus_other"),
     (b"\x01\x04\x02\x01\x31", "cold.modbus_other"), (b"\x01\x84\x02", "cold.modbus_exception")],
)  # fmt: skip
def test_only_the_answer_to_what_was_asked_is_one(reply: bytes, reason: str) -> None:
    if reason in ("cold.modbus_other", "cold.modbus_exception"):
        reply += crc(reply)
    if not reason:
        assert registers(reply, ASKED) == (0x131, 0x222)
        return
    with pytest.raises(Undecodable) as refused:
        registers(reply, ASKED)
    assert refused.value.reason == reason


def test_an_echo_and_a_late_answer_are_left_out() -> None:
    assert ReplyReader(ASKED).feed(ASKED.frame(0) + GOOD) == GOOD
    asked = ASKED._replace(framing="tcp")
    late, now = (bytes([0, n]) + b"\0\0\0\7" + GOOD[:-2] for n in (6, 7))
    reader = ReplyReader(asked, 7)
    assert reader.feed(late) is None
    assert reader.feed(now) == now
    assert registers(now, asked) == (0x131, 0x222)


def test_a_request_is_what_its_text_says() -> None:
    assert Request.read(str(ASKED)) == ASKED
    assert [Request.read(text) for text in ("", "rtu 1 4 1 0", "rtu 1 6 1 1", "rtu 1 4 1 126")] == [None] * 4


@given(st.integers(-(2**15), 2**15 - 1), st.sampled_from([0.1, 0.01, 1, 0.5]))
def test_a_scaled_integer_is_a_decimal(raw: int, scale: float) -> None:
    value = number((raw & 0xFFFF,), register(scale=scale)).value
    assert value == round(raw * scale, 2)


@given(st.floats(width=32), st.sampled_from(["big", "little"]))
def test_a_float_of_two_registers(value: float, words: str) -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    order = (high, low) if words == "big" else (low, high)
    found = number(order, register(type="float32", words=words)).value
    assert math.isnan(found) if math.isnan(value) else math.isclose(found, value, rel_tol=1e-6, abs_tol=1e-44)


def test_float_is_as_short_as_it_was_meant() -> None:
    words = struct.unpack(">HH", struct.pack(">f", 4.6))
    assert number(words, register(type="float32")).value == 4.6


FAHRENHEIT_OF = {"address": 0, "type": "uint32", "words": "little", "unit": "[degF]", "scale": 0.1}
FAHRENHEIT = {"registers": {"t": FAHRENHEIT_OF}}
MB8ART, EIGHT, PTA = ({"map": name} for name in ("mb8art", "8pt1000", "pta8c04"))
REST = [40] * 7
FLOAT = {"registers": {"t": {"address": 2, "type": "float32", "words": "little"}}}


@pytest.mark.parametrize(
    ("words", "settings", "value", "reason"),
    [([0x7FFF, 500], {}, None, "probe_lost"), ([0x8000, 500], {}, None, "probe_lost"),
     ([850, 500], {}, None, "out_of_range"), ([0xFF45, 500], {}, -18.7, None),
     ([0, 0x7FC0], FLOAT, None, "not_a_number"), ([0, 0x7F80], FLOAT, None, "not_a_number"),
     ([0, 0xC2FE], FLOAT, None, "probe_lost"), ([0, 0x42AA], FLOAT, None, "power_on_reset"),
     ([0, 0x4094], FLOAT, 4.625, None),
     ([400, 0], FAHRENHEIT, 4.44, None),
     ([30000, *REST], MB8ART, None, "probe_lost"), ([65536 - 30000, *REST], MB8ART, None, "probe_lost"),
     ([6500, *REST], EIGHT, None, "probe_lost"), ([6499, *REST], EIGHT, None, "out_of_range"),
     ([65536 - 1799, *REST], EIGHT, None, "out_of_range"), ([64597, 212, 0, 0], PTA, None, "probe_lost"),
     ([0x10000 - 440, 212, 0, 0], PTA, None, "out_of_range"), ([212, 64597, 0, 0], PTA, 21.2, None)],
)  # fmt: skip
def test_what_is_no_measurement_is_never_a_number(
    words: list[int], settings: dict[str, object], value: float | None, reason: str | None
) -> None:
    assert said(words, **settings)[0] == ("temp.vaccine", value, reason)


def test_probes_choose_what_is_read() -> None:
    probes = {"ch2": "temp.vaccine", "ch4": "temp.ambient"}
    device = config(map="mb8art", probes=probes)
    assert list(blocks({name: device.known[name] for name in probes})) == [(4, 1, 1), (4, 3, 1)]
    assert [each[2] for each in blocks(packaged("mb8art").registers)] == [8]
    assert list(config().metrics.values()) == ["temp.vaccine", "humidity.vaccine"]


@given(
    st.lists(
        st.tuples(st.sampled_from([3, 4]), st.integers(0, 400), st.sampled_from(["int16", "float32"])),
        max_size=40,
    )
)
def test_every_register_is_in_a_block_and_no_other(places: list[tuple[int, int, str]]) -> None:
    known = {
        f"r{at}": Register.model_validate({"function": function, "address": address, "type": kind})
        for at, (function, address, kind) in enumerate(places)
    }
    asked = [
        (each.function, at) for each in blocks(known) for at in range(each.address, each.address + each.width)
    ]
    wanted = {
        (each.function, at)
        for each in known.values()
        for at in range(each.address, each.address + each.width)
    }
    assert set(asked) == wanted
    assert all(each.width <= 125 for each in blocks(known))


@pytest.mark.parametrize("name", names())
def test_a_packaged_map_names_its_source_and_fits_a_device(name: str) -> None:
    found = packaged(name)
    assert len(found.source.split()) > 8
    assert config(map=name).metrics
    assert (FOLDER / f"{name}.toml").is_file()


@given(st.binary(max_size=40) | st.binary(max_size=8).map(lambda body: body + crc(body)))
def test_any_reply(raw: bytes) -> None:
    meaning = slave().interpret(Frame(raw, origin=f"modbus 5 {ASKED}"), RECEIVED_MS)
    assert bool(meaning.facts) != bool(meaning.problems)
    for each in map(reading_of, meaning.facts):
        assert (each.value is None) == (each.quality == "BAD")


@pytest.mark.parametrize(
    "settings",
    [{"path": ""}, {"host": "h", "path": "/dev/x"}, {"map": "nobody"}, {"map": ""},
     {"probes": {"ch9": "temp.x"}},
     {"probes": {"temperature": "temp.x", "humidity": "temp.y"}}, {"metric": "door.open"},
     {"metric": "humidity.vaccine"},
     {"registers": {"t": {"address": 65535, "type": "float32"}}}, {"slave": 0},
     {"map": "xy-md02", "registers": {"t": {"address": 1}}}],
)  # fmt: skip
def test_what_does_not_fit_together_is_told_before_it_starts(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        config(**settings)
