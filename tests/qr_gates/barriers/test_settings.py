"""What relays are told, which settings fit together, and whose passage a passage is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.qr_gates.barriers.awaited_passages import MOST_AWAITED, AwaitedPassages
from adapters.qr_gates.barriers.passage_settings import PassageSettings
from adapters.qr_gates.barriers.relay_settings import RelaySettings
from adapters.qr_gates.barriers.relay_words import Message, greeting, message, pulse_time, tenths_of_coil

BROKER = {"by": "mqtt", "broker": "mqtt://127.0.0.1:1883", "topic": "cong-a"}


@pytest.mark.parametrize(
    ("pulse_ms", "told"),
    [(100, 1), (250, 3), (11_100, 111), (11_101, 112), (12_000, 112), (12_001, 113), (60_000, 160)],
)
def test_pulse_time_as_tasmota_counts_it(pulse_ms: int, told: int) -> None:
    """1 to 111: tenths of a second; 112 to 64900: seconds and a hundred (its page of commands)."""
    assert pulse_time(pulse_ms) == told


@given(st.integers(100, 60_000))
def test_a_timer_never_ends_before_the_pulse(pulse_ms: int) -> None:
    told = pulse_time(pulse_ms)
    assert (told * 100 if told <= 111 else (told - 100) * 1000) >= pulse_ms
    assert tenths_of_coil(pulse_ms) * 100 >= pulse_ms


def test_words_by_mqtt() -> None:
    other = RelaySettings.model_validate(BROKER | {"open_text": "mở", "close_text": "đóng"})
    assert message(other, is_open=True) == Message("cong-a", "mở".encode())
    assert message(other, is_open=False) == Message("cong-a", "đóng".encode())
    assert greeting(other) is None
    tasmota = RelaySettings.model_validate(BROKER | {"device": "tasmota", "channel": 1, "pulse_ms": 1500})
    assert message(tasmota, is_open=True) == ("cmnd/cong-a/POWER2", b"ON")
    assert greeting(tasmota) == ("cmnd/cong-a/PulseTime2", b"15")
    shelly = RelaySettings.model_validate(BROKER | {"device": "shelly", "pulse_ms": 1500})
    opens = b'{"id":1,"src":"epihub","method":"Switch.Set","params":{"id":0,"on":true,"toggle_after":1.5}}'
    assert message(shelly, is_open=True) == ("cong-a/rpc", opens)
    closes = b'{"id":1,"src":"epihub","method":"Switch.Set","params":{"id":0,"on":false}}'
    assert message(shelly, is_open=False).payload == closes


@pytest.mark.parametrize(
    "settings",
    [
        {"by": "modbus"},
        {"by": "modbus", "host": "10.0.0.5", "path": "/dev/ttyUSB0"},
        {"by": "modbus", "host": "10.0.0.5", "topic": "cong-a"},
        {"by": "modbus", "host": "10.0.0.5", "url": "http://10.0.0.5"},
        {"by": "modbus", "host": "10.0.0.5", "timer_coil": 512, "energised": "closed"},
        {"by": "modbus", "host": "10.0.0.5", "pulse_ms": 99},
        {"by": "mqtt", "topic": "cong-a"},
        {"by": "mqtt", "broker": "mqtt://127.0.0.1"},
        BROKER | {"topic": "cong/+"},
        BROKER | {"topic": "epihub/v1/cmd/khu/edge-1/cong-a"},
        BROKER | {"broker": "mqtt://user:word@127.0.0.1"},
        BROKER | {"broker": "http://127.0.0.1"},
        BROKER | {"device": "shelly", "energised": "closed"},
        {"by": "http"},
        {"by": "http", "url": "ftp://10.0.0.7"},
        {"by": "http", "url": "http://user:word@10.0.0.7"},
        {"by": "http", "url": "http://10.0.0.7", "what": "else"},
    ],
)
def test_relays_that_cannot_be_told_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RelaySettings.model_validate(settings)


def test_a_relay_that_closes_by_itself_cannot_be_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_URL", "http://10.0.0.7/pulse?key=secret")
    pulse = {"by": "http", "open_url": {"env": "GATE_URL"}}
    assert "secret" not in repr(RelaySettings.model_validate(pulse))
    for wrong in ({"fail": "open"}, {"device": "shelly"}, {"url": "http://10.0.0.7"}):
        with pytest.raises(ValidationError):
            RelaySettings.model_validate(pulse | wrong)


@pytest.mark.parametrize(
    "settings",
    [
        {"by": "modbus", "host": "10.0.0.5"},
        {"by": "modbus", "host": "10.0.0.5", "input": 0, "counter": 0},
        {"by": "mqtt", "broker": "mqtt://127.0.0.1"},
        BROKER | {"input": 0},
        {"by": "http", "topic": "cong-a"},
        {"by": "http", "passage_seconds": 0},
    ],
)
def test_sensors_that_cannot_be_heard_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PassageSettings.model_validate(settings)


def test_a_passage_belongs_to_the_last_scan_that_has_not_gone() -> None:
    awaited = AwaitedPassages(10)
    assert awaited.passed(0) is None
    awaited.allowed("an", 1000)
    awaited.allowed("binh", 2000)
    assert [awaited.passed(at_ms) for at_ms in (3000, 4000, 5000)] == ["binh", "an", None]
    awaited.allowed("chi", 6000)
    assert awaited.passed(16_001) is None, "too late: nobody's"
    assert awaited.passed(16_000) is None, "and the scan is over"
    awaited.allowed("dung", 20_000)
    awaited.allowed("em", 21_000)
    assert awaited.passed(20_500) == "dung", "told late; em had not come yet"
    assert awaited.passed(21_000) == "em"


def test_a_gate_opened_by_hand_is_nobodys_passage_and_takes_none() -> None:
    awaited = AwaitedPassages(10)
    awaited.allowed("an", 1000)
    awaited.allowed(None, 2000)
    assert [awaited.passed(3000), awaited.passed(4000)] == [None, "an"]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30_000)), max_size=60))
def test_no_scan_passes_twice_nor_late(steps: list[tuple[bool, int]]) -> None:
    awaited, allowed, passed = AwaitedPassages(10), dict[str, int](), list[str]()
    for number, (is_scan, at_ms) in enumerate(steps):
        if is_scan:
            allowed[f"s{number}"] = at_ms
            awaited.allowed(f"s{number}", at_ms)
        elif scan := awaited.passed(at_ms):
            assert 0 <= at_ms - allowed[scan] <= 10_000
            passed.append(scan)
        assert len(awaited._awaited) <= MOST_AWAITED
    assert len(passed) == len(set(passed))
