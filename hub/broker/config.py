"""The NATS server's configuration as text: pure, so that what a site runs can be read in a test.

NATS reads JSON as its own format. Why each setting: docs/bus.md.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hub.broker.accounts import BusAccount
from hub.errors import ConfigError
from hub.mqtt.packets import MAX_SENT_BYTES

Sync = Literal["100ms", "always"]

# A QoS 1 subscriber's own delivery subjects; without them the SUBACK is 0x80.
_DELIVERY = "$MQTT.sub.>"
# NATS closes a publisher whose topic has a space, and takes * and > as wildcards of its own.
_UNUSABLE = frozenset(" *>\0\t\r\n\f")


@dataclass(frozen=True, slots=True)
class BrokerTls:
    """Certificate and key (PEM files) that the MQTT listener shows."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker listens and what it may keep."""

    host: str
    port: int
    store: Path
    sync: Sync = "100ms"
    ack_wait_seconds: int = 10
    max_ack_pending: int = 10_000
    max_store_bytes: int = 8 * 1024**3
    tls: BrokerTls | None = None


def config_text(settings: BrokerSettings, accounts: Sequence[BusAccount]) -> str:
    """The whole configuration, passwords included; raises ConfigError for what NATS cannot express."""
    if repeated := _first_repeated(account.name for account in accounts):
        raise ConfigError(f"two bus users are called {repeated!r}")
    config = {
        "server_name": "epihub",  # part of the store's identity: the same at every start
        # NATS has no switch for its native listener: a random loopback port that no account may use.
        "listen": "127.0.0.1:-1",
        "max_payload": MAX_SENT_BYTES,
        "jetstream": {
            "store_dir": str(settings.store),
            "max_file_store": settings.max_store_bytes,
            "sync_interval": settings.sync,
        },
        "mqtt": _mqtt(settings),
        "authorization": {"users": [user_entry(account) for account in accounts]},
    }
    return json.dumps(config, indent=1, ensure_ascii=False) + "\n"


def subjects(topic_filter: str) -> list[str]:
    """NATS subjects that together are what an MQTT topic filter means; raises ConfigError."""
    levels = topic_filter.split("/")
    if not topic_filter or topic_filter.startswith("$") or _UNUSABLE & set(topic_filter):
        raise ConfigError(f"{topic_filter!r} is not a topic filter that the embedded broker can use")
    if any({"+", "#"} & set(level) and len(level) > 1 for level in levels) or "#" in levels[:-1]:
        raise ConfigError(f"{topic_filter!r} is not an MQTT topic filter")
    *parents, last = [_token(level) for level in levels]
    if last != ">":
        return [".".join([*parents, last])]
    return [".".join([*parents, ">"])] if not parents else [".".join(parents), ".".join([*parents, ">"])]


def _token(level: str) -> str:
    wildcards = {"+": "*", "#": ">", "": "/"}
    return wildcards.get(level) or level.replace(".", "//")


def _mqtt(settings: BrokerSettings) -> dict[str, object]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    mqtt: dict[str, object] = {
        "listen": f"{host}:{settings.port}",
        "ack_wait": f"{settings.ack_wait_seconds}s",
        "max_ack_pending": settings.max_ack_pending,
    }
    if settings.tls is not None:
        mqtt["tls"] = {"cert_file": str(settings.tls.certificate), "key_file": str(settings.tls.key)}
    return mqtt


def user_entry(account: BusAccount) -> dict[str, object]:
    """One of ``authorization.users``; raises ConfigError for what NATS cannot express."""
    if not account.name.isprintable() or not account.password.isprintable():
        raise ConfigError(f"bus user {account.name!r}: control characters in name or password")
    return {
        "user": account.name,
        "password": account.password,
        "allowed_connection_types": ["MQTT"],
        "permissions": {
            "publish": _allow(account.publish),
            "subscribe": _allow(account.subscribe, _DELIVERY),
        },
    }


def _allow(filters: Iterable[str], *extra: str) -> dict[str, list[str]]:
    allowed = [subject for each in filters for subject in subjects(each)]
    # To NATS an empty list of what is allowed means everything.
    return {"allow": [*allowed, *extra]} if allowed else {"deny": [">"]}


def _first_repeated(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""
