"""Whether a device or its bridge is there: Zigbee2MQTT, Tasmota LWT, ESPHome, Ruuvi gateway, Shelly.

Plain text, or since Zigbee2MQTT 2.0 ``{"state": "online"}``; both are published retained.
"""

from typing import Literal

from adapters.cold_chain.decoders.document import Undecodable, parse_object

STATES: dict[str, Literal["ONLINE", "OFFLINE"]] = {
    "online": "ONLINE", "offline": "OFFLINE",
    "true": "ONLINE", "false": "OFFLINE",  # Shelly's <id>/online
}  # fmt: skip
LONGEST_WORD_BYTES = 16


def availability(payload: bytes) -> Literal["ONLINE", "OFFLINE"]:
    """What ``payload`` says; raises Undecodable."""
    if payload[:1] == b"{":
        word = parse_object(payload).get("state")
    else:
        word = payload[: LONGEST_WORD_BYTES + 1].decode("ascii", "replace")
    state = STATES.get(word.casefold()) if isinstance(word, str) else None
    if state is None:
        raise Undecodable("cold.availability_unknown")
    return state
