"""Devices of the tests, as they stand in a configuration."""

from typing import Any

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import decode
from hub.contract import Fact
from hub.payloads import Reading

RECEIVED_MS = 1_763_800_000_000  # 2025-11-22T08:26:40Z
MAPPING = {"temp.vaccine": {"value": "t", "unit_path": "u"}}


def device(speaks: str = "zigbee2mqtt", **settings: Any) -> ColdMqttConfig:
    topic = "tele/tu-lanh-01/SENSOR" if speaks == "tasmota" else "zigbee2mqtt/tu-lanh-01"
    usual: dict[str, Any] = {"id": "fridge-01", "site": "kho-tinh", "kind": "cold_mqtt", "dialect": speaks}
    mapping = {"mapping": MAPPING} if speaks == "mapped" else {}
    return ColdMqttConfig.model_validate(usual | mapping | {"topic": topic} | settings)


def reading(fact: Fact) -> Reading:
    assert isinstance(fact.payload, Reading)
    return fact.payload


def decode_one(payload: bytes, config: ColdMqttConfig, **how: Any) -> Fact:
    facts = decode(payload, RECEIVED_MS, config, **how)
    assert len(facts) == 1
    return facts[0]
