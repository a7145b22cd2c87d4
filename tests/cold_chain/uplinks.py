"""Uplinks as the two LoRaWAN network servers publish them."""

import base64
import json
from typing import Any

from adapters.cold_chain.config import ColdMqttConfig
from tests.cold_chain.devices import device

UPLINK = "3ac7e3c4-4401-4b8d-9386-a5c902f9202d"
TOPICS = {
    "chirpstack": "application/17c82e96/device/24e124468d123456/event/up",
    "ttn": "v3/tiem-chung@ttn/devices/eui-24e124468d123456/up",
}


def sensor(payload: str, server: str = "chirpstack", **settings: Any) -> ColdMqttConfig:
    return device(server, topic=TOPICS[server], payload=payload, **settings)


def chirpstack(payload: bytes, **fields: Any) -> bytes:
    """``fields`` in the place of the usual ones; None leaves one out, as proto3 does with a zero."""
    usual = {
        "deduplicationId": UPLINK,
        "time": "2025-11-22T08:20:00.775023242+00:00",
        "deviceInfo": {"devEui": "24e124468d123456"},
        "fCnt": 1834,
        "fPort": 85,
        "data": base64.b64encode(payload).decode(),
        "object": {"temperature": 0},  # what some codec made of it: never looked at
    }
    return json.dumps({name: value for name, value in (usual | fields).items() if value is not None}).encode()


def ttn(payload: bytes, **fields: Any) -> bytes:
    usual = {
        "f_port": 85,
        "f_cnt": 7,
        "frm_payload": base64.b64encode(payload).decode(),
        "decoded_payload": {"temperature": 0},
        "received_at": "2025-11-22T08:20:00.789585559Z",
    }
    uplink = {name: value for name, value in (usual | fields).items() if value is not None}
    return json.dumps({"end_device_ids": {"device_id": "dev1"}, "uplink_message": uplink}).encode()
