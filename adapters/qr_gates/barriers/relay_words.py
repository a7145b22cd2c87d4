"""What relays of Tasmota, Shelly and others are told, by MQTT and by HTTP. Pure."""

from typing import NamedTuple
from urllib.parse import quote

from adapters.qr_gates.barriers.relay_settings import RelaySettings
from hub.streams.modbus_frames import MOST_TENTHS

LONGEST_TENTHS_OF_TASMOTA = 111


class Message(NamedTuple):
    """One MQTT message."""

    topic: str
    payload: bytes


class Call(NamedTuple):
    """One HTTP request; ``url`` may hold a key and is never shown."""

    url: str
    method: str = "GET"
    body: str = ""


def message(relay: RelaySettings, *, is_open: bool) -> Message:
    """What makes a relay at a broker open or close."""
    topic, on = relay.topic or "", is_open == (relay.energised == "open")
    match relay.device:
        case "tasmota":
            return Message(f"cmnd/{topic}/POWER{relay.channel + 1}", b"ON" if on else b"OFF")
        case "shelly":
            return Message(f"{topic}/rpc", _switch_set(relay, on=on).encode())
    return Message(topic, (relay.open_text if is_open else relay.close_text).encode())


def greeting(relay: RelaySettings) -> Message | None:
    """Told at each connect: Tasmota keeps its PulseTime, by which a relay goes off by itself."""
    if relay.device != "tasmota":
        return None
    return Message(
        f"cmnd/{relay.topic}/PulseTime{relay.channel + 1}", str(pulse_time(relay.pulse_ms)).encode()
    )


def call(relay: RelaySettings, *, is_open: bool) -> Call | None:
    """What makes a relay with HTTP calls open or close; None: it closes by itself, and cannot be told to."""
    on, url = is_open == (relay.energised == "open"), (relay.url or "").rstrip("/")
    match relay.device:
        case "tasmota":
            channel, word = relay.channel + 1, "ON" if on else "OFF"
            steps = f"PulseTime{channel} {pulse_time(relay.pulse_ms)}; Power{channel} {word}"
            return Call(f"{url}/cm?cmnd={quote(f'Backlog0 {steps}')}")
        case "shelly":
            timer = f"&toggle_after={seconds(relay.pulse_ms)}" if on else ""
            return Call(f"{url}/rpc/Switch.Set?id={relay.channel}&on={'true' if on else 'false'}{timer}")
    body = relay.open_body if is_open else relay.close_body
    if relay.url:
        return Call(f"{url}/{'open' if is_open else 'close'}", relay.method, body)
    secret = relay.open_url if is_open else relay.close_url
    return Call(secret.reveal(), relay.method, body) if secret else None


def pulse_time(pulse_ms: int) -> int:
    """Tasmota's PulseTime: 1 to 111 are tenths of a second, from 112 on seconds and a hundred. Rounded up."""
    tenths = -(-pulse_ms // 100)
    return tenths if tenths <= LONGEST_TENTHS_OF_TASMOTA else 100 + max(12, -(-pulse_ms // 1000))


def tenths_of_coil(pulse_ms: int) -> int:
    """What boards with a timer are written, rounded up."""
    return min(-(-pulse_ms // 100), MOST_TENTHS)


def seconds(pulse_ms: int) -> str:
    """1, 1.5: as a number of JSON."""
    return f"{pulse_ms / 1000:g}"


def _switch_set(relay: RelaySettings, *, on: bool) -> str:
    timer = f',"toggle_after":{seconds(relay.pulse_ms)}' if on else ""
    switched = "true" if on else "false"
    return (
        '{"id":1,"src":"epihub","method":"Switch.Set","params":{"id":'
        f'{relay.channel},"on":{switched}{timer}}}}}'
    )
