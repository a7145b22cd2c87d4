"""What the configuration means for processes: accounts, addresses, paths. Pure but for the password file."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from hub.alarms.profiles import profiles_with
from hub.broker import roster
from hub.broker.accounts import HUB, BusAccount, load_or_create, own_accounts, sensor_reader_name
from hub.broker.config import BrokerTls
from hub.broker.server import EmbeddedBroker, reached_at
from hub.config.forwarding import Forward
from hub.config.models import Config
from hub.edge.edge import EdgeSettings
from hub.edge.forward_lines import ForwardSettings
from hub.mqtt.connection import BrokerAddress
from hub.runtime.console_place import EDGE_SOCKET, ApiOf
from hub.runtime.edge_alarm_folder import EDGE_ALARMS
from hub.runtime.notify_wiring import notify_settings
from hub.runtime.place_wiring import hub_place
from hub.runtime.settings import Dial, HubSettings
from hub.spool import SpoolLimits
from hub.vault import KEYS
from hub.version import epihub_version

if TYPE_CHECKING:  # an edge without alarms of its own does not load them
    from hub.runtime.edge_alarm_settings import EdgeAlarmSettings

SPOOL = "spool.db"
ACCOUNTS = "bus-accounts.json"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wiring:
    """One configuration, read as addresses and accounts."""

    config: Config
    passwords: dict[str, str]

    @classmethod
    def of(cls, config: Config) -> "Wiring":
        """Makes the passwords of the embedded broker at the first start; raises OperatorError."""
        names = own_accounts(config.edge.id) if config.embedded_broker else ()
        data_dir = config.hub.data_dir
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(config, load_or_create(data_dir / ACCOUNTS, names) if names else {})

    @property
    def keys(self) -> Path:
        return self.config.hub.data_dir / KEYS

    def accounts(self) -> list[BusAccount]:
        """Everybody who may log in to the embedded broker."""
        return roster.of_embedded_broker(self.config, self.passwords)

    def broker(self) -> EmbeddedBroker:
        bus = self.config.bus
        tls = None
        if bus.tls_cert_file and bus.tls_key_file:
            tls = BrokerTls(bus.tls_cert_file, bus.tls_key_file)
        sync: Any = "always" if bus.sync == "always" else "100ms"
        return EmbeddedBroker(self.config.hub.data_dir, bus.host, bus.port, self.accounts(), sync, tls=tls)

    def address(self, account: str) -> BrokerAddress:
        """The bus as ``account`` reaches it."""
        return self.dial(account).address()

    def dial(self, account: str) -> Dial:
        """The same for a child process; another broker has one account for this process."""
        bus = self.config.bus
        if bus.url:
            password = bus.password.reveal() if bus.password else ""
            return _by_url(bus.url, bus.username or "", password, bus.ca_file)
        tls: Literal["none", "pinned"] = "pinned" if bus.tls_cert_file else "none"
        host, password = reached_at(bus.host), self.passwords[account]
        return Dial(host, bus.port, account, password, tls, _text(bus.tls_cert_file))

    def edge_settings(self) -> EdgeSettings:
        config = self.config
        devices_on_bus = None if config.bus.url else self.address(sensor_reader_name(config.edge.id))
        return EdgeSettings(
            id=config.edge.id,
            site=config.edge.site,
            version=epihub_version(),
            spool_path=config.spool_dir / SPOOL,
            keys=self.keys,
            address=self.address(config.edge.id),
            device_bus=devices_on_bus or self.address(config.edge.id),
            limits=SpoolLimits(
                config.edge.spool_quota_mb * MEGABYTE,
                config.edge.receipted_keep_hours,
                config.edge.capture_keep_days,
                keep_orders_days=config.edge.orders_keep_days,
            ),
            forwards=tuple(_forward(each) for each in config.forwards),
            visit_keep_days=config.edge.visit_keep_days,
            event_picture_keep_hours=config.edge.event_picture_keep_hours,
        )

    def _own_names(self) -> list[str]:
        """The name under which people are told to come here stands in their Host header."""
        url = self.config.edge.url
        name = urlsplit(url).hostname if url else None
        return [name] if name else []

    def edge_addresses(self) -> list[dict[str, str]]:
        """{id url} of every edge that this file knows; a hub tells people where to go (design 4)."""
        known = {edge.id: edge.url or "" for edge in self.config.bus.edges}
        if self.config.edge.url:
            known[self.config.edge.id] = self.config.edge.url
        return [{"id": name, "url": url} for name, url in sorted(known.items())]

    @property
    def _store_password(self) -> str | None:
        password = self.config.store.password
        return password.reveal() if password else None

    def hub_settings(self, socket: Path) -> HubSettings:
        """For the hub as a process of its own."""
        config = self.config
        return HubSettings(
            data_dir=str(config.hub.data_dir),
            store_url=config.store.url,
            store_password=self._store_password,
            readings_months=config.store.readings_months,
            timezone=config.hub.timezone,
            socket=str(socket),
            dial=self.dial(HUB),
            log_format=config.log.format,
            log_level=self._log_level,
            profiles=tuple(profiles_with(config.alarms.profiles)),
            notify=notify_settings(config),
            place=hub_place(config),
            visit_keep_days=config.store.visit_keep_days,
        )

    def edge_alarm_settings(self) -> "EdgeAlarmSettings":
        """For the alarms of an edge that is apart from its hub."""
        from hub.runtime.edge_alarm_settings import SOCKET, EdgeAlarmSettings

        config, data_dir = self.config, self.config.hub.data_dir.resolve()
        return EdgeAlarmSettings(
            edge=config.edge.id,
            site=config.edge.site,
            folder=str(data_dir / EDGE_ALARMS),
            spool=str(config.spool_dir / SPOOL),
            socket=str(data_dir / SOCKET),
            edge_socket=str(data_dir / EDGE_SOCKET),
            dial=self.dial(config.edge.id),
            timezone=config.hub.timezone,
            apart_seconds=config.alarms.apart_seconds,
            power=hub_place(config).power,
            log_format=config.log.format,
            log_level=self._log_level,
            profiles=tuple(profiles_with(config.alarms.profiles)),
            notify=notify_settings(config),
        )

    @property
    def _log_level(self) -> str:
        return logging.getLevelName(logging.getLogger().level).lower()

    def _judges_alone(self, api: ApiOf) -> bool:
        return api.role == "edge" and self.config.local_alarms

    def api_settings(self, api: ApiOf) -> dict[str, Any]:
        """JSON for the API process (api.settings.ApiSettings)."""
        config = self.config
        return {
            "data_dir": str(config.hub.data_dir),
            "control_socket": str(api.control),
            "role": api.role,
            "edge": config.edge.id if api.edge else "",
            "edge_socket": _text(api.edge),
            "alarms_dir": str(config.hub.data_dir / EDGE_ALARMS) if self._judges_alone(api) else None,
            "edges": self.edge_addresses(),
            "hosts": [*config.api.hosts, *(self._own_names() if api.edge else [])],
            "keys_file": str(config.hub.data_dir / "api-keys.json"),
            "store_url": config.store.url,
            "store_password": self._store_password,
            "host": config.api.host,
            "port": config.api.port,
            "hub": config.hub.name,
            "timezone": config.hub.timezone,
            "sites": [site.model_dump(mode="json", exclude={"gate_rules"}) for site in config.sites],
            "devices": [_device(device) for device in config.devices],
            "allow_plain": config.api.allow_plain,
            "tls_certificate": _text(config.api.tls_cert_file),
            "tls_key": _text(config.api.tls_key_file),
        }


def _by_url(url: str, username: str, password: str, ca_file: Path | None) -> Dial:
    parts = urlsplit(url)
    tls: Literal["none", "verified"] = "verified" if parts.scheme == "mqtts" else "none"
    port = parts.port or (1883 if tls == "none" else 8883)
    return Dial(parts.hostname or "", port, username, password, tls, _text(ca_file))


def _forward(forward: Forward) -> ForwardSettings:
    return ForwardSettings(
        forward.name,
        forward.source,
        forward.to,
        forward.ca_file,
        forward.answer_seconds,
        forward.retry_seconds,
        max(forward.retry_seconds, forward.retry_longest_seconds),
        forward.tries,
        forward.queries,
    )


def _device(device: Any) -> dict[str, str]:
    told = {"id": device.id, "site": device.site, "kind": device.kind}
    profile = getattr(device, "profile", None)
    equipment = {f"cce.{name}": text for name, text in getattr(device, "equipment", {}).items()}
    return told | ({"profile": str(profile)} if profile else {}) | equipment


def _text(path: Path | None) -> str | None:
    return os.fspath(path) if path else None
