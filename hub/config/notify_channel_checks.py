"""What each kind of channel needs, and what is not for it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import parse_qsl, urlsplit

from hub.config.draft import Draft
from hub.config.locate import Path
from hub.config.notify_channel import NotifyChannel, NotifyRelay
from hub.config.section import Section
from hub.errors import ConfigError
from hub.mqtt.address import address_from_url
from hub.secret import Secret

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "webhook": ("url",),
    "smtp": ("host", "sender"),
    "modem": ("path",),
    "telegram": ("token",),
    "zalo": ("token",),
    "apprise": (),
    "relay": ("relay",),
}
_OF_KIND: Mapping[str, set[str]] = {
    "webhook": {"url", "ca_file"},
    "smtp": {"host", "port", "security", "username", "password", "sender", "mailbox", "ca_file", "to"},
    "modem": {"path", "baud", "to"},
    "telegram": {"base_url", "token", "ca_file", "to"},
    "zalo": {"base_url", "token", "ca_file", "to"},
    "apprise": {"url", "ca_file", "to"},
    "relay": {"relay", "ca_file"},
}
_RELAY_NEEDS: Mapping[str, tuple[str, ...]] = {
    "modbus": (),
    "mqtt": ("broker", "topic"),
    "http": ("on_url", "off_url"),
    "serial": ("path",),
}
_OF_RELAY: Mapping[str, set[str]] = {
    "modbus": {"host", "port", "path", "baud", "parity", "slave", "coil", "timer_coil", "button_input"},
    "mqtt": {
        "broker",
        "username",
        "password",
        "topic",
        "button_topic",
        "on_text",
        "off_text",
        "button_text",
    },
    "http": {"on_url", "off_url", "button_url", "button_text", "method"},
    "serial": {"path", "baud", "parity", "on_text", "off_text", "button_text"},
}
_BOT_TOKEN = re.compile(r"[0-9]{1,30}:[!-~]{5,200}\Z")
_HEX = "hex:"
EXTRA = "needs the extra apprise: pip install 'epihub[apprise]'"


def check_channel(draft: Draft, path: Path, channel: NotifyChannel) -> None:
    """Note every mistake."""
    keys = _Keys(draft, path, channel, f"a channel of kind {channel.kind}")
    keys.check(_NEEDS[channel.kind], _OF_KIND[channel.kind], _OF_KIND)
    if channel.kind == "webhook":
        _web(draft, (*path, "url"), channel.url)
    if channel.kind == "apprise":
        _apprise(draft, path, channel)
    if channel.token is not None and not _is_token(channel.token.reveal()):
        draft.wrong((*path, "token"), "must hold a bot's token: a number, a colon, letters")
    if bool(channel.username) != bool(channel.password):
        draft.wrong((*path, "password"), "user name and password belong together")
    if channel.relay is not None and channel.kind == "relay":
        _relay(draft, (*path, "relay"), channel.relay)


def takes_address(channel: NotifyChannel) -> bool:
    """Whether each who is told over it has an address of their own there."""
    if channel.kind == "apprise":
        return channel.url is None or "{address}" in channel.url.reveal()
    return channel.kind not in ("webhook", "relay")


@dataclass(frozen=True, slots=True)
class _Keys:
    """Keys of a table of which each kind has its own; ``of`` names this one in messages."""

    draft: Draft
    path: Path
    section: Section
    of: str

    def check(self, needed: Iterable[str], known: set[str], of_all: Mapping[str, set[str]]) -> None:
        for key in needed:
            if getattr(self.section, key) is None:
                self.draft.wrong((*self.path, key), f"missing: {self.of} needs it")
        others = set().union(*of_all.values()) - known
        for key in sorted(others & self.section.model_fields_set):
            self.draft.wrong((*self.path, key), f"is not for {self.of}")


def _is_token(text: str) -> bool:
    return bool(_BOT_TOKEN.match(text)) and not set(text) & set("/?#%")


def _web(draft: Draft, path: Path, address: Secret | None) -> None:
    if address is not None and not _is_web_address(address.reveal()):
        draft.wrong(path, "must hold an address that begins with https:// or http://")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and text.isprintable() and " " not in text


def _apprise(draft: Draft, path: Path, channel: NotifyChannel) -> None:
    if find_spec("apprise") is None:
        draft.wrong((*path, "kind"), EXTRA)
    url = channel.url.reveal() if channel.url else ""
    if url and ("://" not in url or not url.isprintable()):
        draft.wrong((*path, "url"), "must hold an address of Apprise: service://…")
    if dict(parse_qsl(url.partition("?")[2])).get("verify", "yes").lower() not in ("yes", "true", "1"):
        draft.wrong((*path, "url"), "certificates are verified: take verify= away and set ca_file")


def _relay(draft: Draft, path: Path, relay: NotifyRelay) -> None:
    _Keys(draft, path, relay, f"a relay by {relay.by}").check(
        _RELAY_NEEDS[relay.by], _OF_RELAY[relay.by], _OF_RELAY
    )
    if relay.by == "modbus" and (relay.host is None) == (relay.path is None):
        draft.wrong((*path, "host"), "a relay by modbus needs one of host (TCP) and path (serial line)")
    for key in ("on_url", "off_url", "button_url"):
        _web(draft, (*path, key), getattr(relay, key))
    for key in ("on_text", "off_text"):
        if not _is_sendable(getattr(relay, key)):
            draft.wrong((*path, key), "hex: is followed by pairs of hexadecimal digits")
    if (relay.button_url or relay.button_topic) and not relay.button_text:
        draft.wrong((*path, "button_text"), "missing: what the button says")
    if relay.broker is not None:
        _broker(draft, (*path, "broker"), relay.broker)
    if bool(relay.username) != bool(relay.password):
        draft.wrong((*path, "password"), "user name and password belong together")


def _is_sendable(text: str) -> bool:
    if not text.startswith(_HEX):
        return True
    digits = text.removeprefix(_HEX)
    return bool(digits) and len(digits) % 2 == 0 and not set(digits.lower()) - set("0123456789abcdef")


def _broker(draft: Draft, path: Path, broker: Secret) -> None:
    try:
        address_from_url(broker.reveal())
    except ConfigError as error:
        draft.wrong(path, str(error))
