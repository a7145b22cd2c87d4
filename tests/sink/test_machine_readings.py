"""What devices and edges tell of themselves becomes readings, the same ones each time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.events import Event, format_time
from hub.payloads import CameraHealth, DeviceStatus, Payload, Reading, Skipped
from hub.sink.born import born
from hub.sink.machine_readings import MOST, machine_readings
from storage.contract import Arrival

AT_MS = 1_764_046_800_000


def event_of(payload: Payload, device: str = "fridge-01") -> Event:
    """As an edge tells it."""
    return born("kho", payload, "x", AT_MS, device).event


def status(state: str, reason: str = "message", **more: Any) -> DeviceStatus:
    return DeviceStatus(state, reason, format_time(AT_MS), **more)  # type: ignore[arg-type]


def told(payload: Payload, device: str = "fridge-01") -> list[tuple[str, str, float | None, str]]:
    """Device, metric, value and quality of each."""
    found: list[tuple[str, str, float | None, str]] = []
    for arrival in machine_readings(event_of(payload, device), payload):
        assert isinstance(arrival.payload, Reading)
        assert arrival.event.edge == "hub"
        found.append(
            (arrival.event.device, arrival.payload.metric, arrival.payload.value, arrival.payload.quality)
        )
    return found


@pytest.mark.parametrize(
    ("state", "value", "quality"),
    [
        ("ONLINE", 1.0, "GOOD"),
        ("DEGRADED", 1.0, "GOOD"),
        ("MAINTENANCE", 1.0, "GOOD"),
        ("OFFLINE", 0.0, "GOOD"),
        ("UNKNOWN", None, "BAD"),
    ],
)
def test_a_state_is_a_reading_and_what_nobody_knows_is_none(
    state: str, value: float | None, quality: str
) -> None:
    assert told(status(state)) == [("fridge-01", "device.online", value, quality)]


@pytest.mark.parametrize("ahead", [130.0, -130.0])
def test_a_clock_is_wrong_in_both_directions(ahead: float) -> None:
    assert told(status("DEGRADED", "clock_wrong", clock_offset_s=ahead))[1:] == [
        ("fridge-01", "clock.skew_s", 130.0, "GOOD")
    ]


def test_a_bridge_is_away_when_one_of_its_nodes_says_so_and_there_when_one_is_heard() -> None:
    assert told(status("OFFLINE", "bridge_offline", gateway="zigbee"))[1:] == [
        ("zigbee", "device.online", 0.0, "GOOD")
    ]
    assert told(status("ONLINE", gateway="zigbee"))[1:] == [("zigbee", "device.online", 1.0, "GOOD")]
    assert told(status("OFFLINE", "reported_offline", gateway="zigbee"))[1:] == []
    assert told(status("ONLINE", gateway="../zigbee"))[1:] == []


def test_a_switch_is_away_when_a_camera_says_so_and_there_when_one_is_watched() -> None:
    def of_switch(state: str, reason: str) -> list[float | None]:
        camera = status(state, reason, gateway="sw-1", kind="rtsp")
        return [value for device, _, value, _ in told(camera, "cam-1") if device == "sw-1"]

    assert of_switch("OFFLINE", "switch_offline") == [0.0]
    assert of_switch("ONLINE", "switch_online") == of_switch("ONLINE", "watching") == [1.0]
    assert of_switch("DEGRADED", "clock_wrong") == [1.0], "so its edge says ONLINE of a camera without NTP"
    assert of_switch("OFFLINE", "stall") == []
    assert of_switch("DEGRADED", "blur") == [], "it may hang on the half of the switch that lives"


def test_what_a_camera_sends_and_what_is_wrong_with_it() -> None:
    health = CameraHealth(
        "DEGRADED", "black", format_time(AT_MS), 24.5, 402_000.0, None, clock_offset_s=-70.0,
        faults=("black", "fps", "clock"), cleared=("blur", "loss"),
    )  # fmt: skip
    assert told(health, "cam-1") == [
        ("cam-1", "camera.fps", 24.5, "GOOD"),
        ("cam-1", "camera.bitrate", 402_000.0, "GOOD"),
        ("cam-1", "camera.black", 1.0, "GOOD"),
        ("cam-1", "camera.blur", 0.0, "GOOD"),
        ("cam-1", "camera.fps_low", 1.0, "GOOD"),
        ("cam-1", "camera.loss_high", 0.0, "GOOD"),
        ("cam-1", "clock.skew_s", 70.0, "GOOD"),
    ]


def test_rows_that_are_gone_are_a_loss_of_their_edge() -> None:
    lost = Skipped(1, 7, "receipted", "pruned", 7, "0" * 16)
    (first, second) = machine_readings(event_of(lost, "edge"), lost)
    assert [each.payload for each in (first, second)] == [
        Reading("spool.pruned_rows", 7.0, "1"),
        Reading("spool.pruned_rows", 0.0, "1"),
    ]
    assert first.event.time < second.event.time
    thinned = Skipped(1, 7, "status", "quota", 7, "0" * 16)
    assert machine_readings(event_of(thinned), thinned) == []


@given(
    st.sampled_from(["ONLINE", "OFFLINE", "UNKNOWN", "SOMETHING"]),
    st.text(max_size=200),
    st.none() | st.floats(),
    st.text(max_size=80),
    st.integers(-(2**80), 2**80),
    st.lists(st.sampled_from(["black", "fps", "clock", "of a later version"])),
)
def test_whatever_is_told_the_same_bytes_come_of_it(
    state: str, reason: str, ahead: float | None, gateway: str, count: int, faults: list[str]
) -> None:
    for payload in (
        CameraHealth(state, reason, "", ahead, ahead, ahead, 0, ahead, faults=tuple(faults)),  # type: ignore[arg-type]
        status(state, reason, clock_offset_s=ahead, gateway=gateway),
        Skipped(1, 7, "receipted", "pruned", count, "0" * 16),
    ):
        event = born("kho", status("ONLINE"), "x", AT_MS, "edge-1").event
        one, other = machine_readings(event, payload), machine_readings(event, payload)
        assert one == other
        assert all(_is_sound(each) for each in one)


def _is_sound(arrival: Arrival) -> bool:
    assert isinstance(arrival.payload, Reading)
    value = arrival.payload.value
    return value is None or abs(value) <= MOST
