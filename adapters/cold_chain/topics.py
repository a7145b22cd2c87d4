"""Which topics belong to a device: what it measures, whether it is there, whether its bridge is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.cold_chain.metrics import is_switch

if TYPE_CHECKING:
    from adapters.cold_chain.config import ColdMqttConfig

SHELLY_FIRST_GENERATION = "shellies/"
SHELLY_NOTIFICATIONS = "/events/rpc"
SHELLY_STATUS = "/status"
CONFIG_LEVEL = "/config"


def measured(config: ColdMqttConfig) -> dict[str, str]:
    """Topics of a device's measurements, and of each the probe that it speaks of ("": the message says)."""
    if config.dialect == "esphome":
        return {f"{config.topic}/{_component(config, name)}/{name}/state": name for name in config.probes}
    if config.dialect == "shelly":
        return _shelly(config)
    if config.dialect == "homeassistant":
        return {}  # its configuration topics name them
    return {config.topic: ""}


def _component(config: ColdMqttConfig, name: str) -> str:
    return "binary_sensor" if is_switch(config.probes[name]) else "sensor"


def _shelly(config: ColdMqttConfig) -> dict[str, str]:
    if config.topic.endswith(SHELLY_NOTIFICATIONS):
        return {config.topic: ""}
    if config.topic.endswith(SHELLY_STATUS):
        names = [
            f"{kind}:{number}" for number in config.probes or ("0",) for kind in ("temperature", "humidity")
        ]
        return {f"{config.topic}/{name}": name for name in (*names, "devicepower:0")}
    if config.probes:
        return {f"{config.topic}/ext_temperature/{number}": number for number in config.probes}
    return {f"{config.topic}/sensor/{name}": name for name in ("temperature", "humidity", "battery")}


def announced(config: ColdMqttConfig) -> dict[str, str]:
    """Configuration topics of Home Assistant's discovery, and the metric that each tells the place of."""
    if config.dialect != "homeassistant":
        return {}
    entity = config.topic.removesuffix(CONFIG_LEVEL).rpartition("/")[0]
    beside = {f"{entity}/{name}{CONFIG_LEVEL}": metric for name, metric in config.probes.items()}
    return {config.topic: config.metric} | beside


def availability(config: ColdMqttConfig) -> str | None:
    """Where the device's own online/offline is published, None where there is no such topic."""
    if config.status_topic:
        return config.status_topic
    if config.dialect == "tasmota":
        return config.topic.removesuffix("SENSOR") + "LWT"
    return {
        "zigbee2mqtt": config.topic + "/availability",
        "esphome": config.topic + "/status",
    }.get(config.dialect)


def bridge(config: ColdMqttConfig) -> str | None:
    """Where the device's bridge says that it is gone itself: the device's own topics then say nothing."""
    if config.bridge_topic:
        return config.bridge_topic
    return {
        "zigbee2mqtt": config.topic.partition("/")[0] + "/bridge/state",
        "ruuvi": config.topic.rpartition("/")[0] + "/gw_status",
    }.get(config.dialect)
