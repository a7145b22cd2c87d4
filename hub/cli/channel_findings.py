"""What is wrong with channels of notices, beyond what a look at the file tells."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.finding import Finding

if TYPE_CHECKING:
    from hub.config.models import Config
    from hub.config.notify_channel import NotifyChannel

# Placeholders are filled in with it: digits are a chat, a number, and a part of an address to most services.
_SAMPLE = "123456789"


def channel_findings(config: "Config") -> Iterator[Finding]:
    """Of every channel; nothing is sent."""
    yield from not_understood(config)
    for channel in config.notify.channels:
        yield from _lines(channel)
        if channel.relay is not None and channel.relay.by in ("modbus", "serial"):
            yield _timer(channel)


def not_understood(config: "Config") -> Iterator[Finding]:
    """Addresses that are none of Apprise's: it is loaded for them."""
    for channel in config.notify.channels:
        if channel.kind == "apprise":
            url = channel.url.reveal() if channel.url else ""
            reaches = (reach for person in config.notify.persons for reach in person.reach)
            own = [each.address.reveal() for each in reaches if each.channel == channel.id]
            yield from _of_apprise(channel.id, url, own or [_SAMPLE])


def _of_apprise(name: str, url: str, addresses: list[str]) -> Iterator[Finding]:
    from hub.notify.channels.apprise_service import ADDRESS, service_of, url_for

    what = f"channel {name}: Apprise"
    if url and ADDRESS not in url:
        addresses = addresses[:1]
    try:
        good = [service_of(url_for(url, address, _SAMPLE)) is not None for address in addresses]
    except ImportError:
        yield Finding(False, f"{what} is not installed", "pip install 'epihub[apprise]'")
        return
    bad = good.count(False)
    where = "its url" if url else f"{bad} of {len(good)} addresses of persons"
    yield Finding(
        not bad,
        f"{what} understands its addresses" if not bad else f"{what} does not understand {where}",
        "see the service's page of Apprise; {address} stands where a person's address goes",
    )


def _lines(channel: "NotifyChannel") -> Iterator[Finding]:
    for path in (channel.path, channel.relay.path if channel.relay else None):
        if path:
            there = Path(path).exists()
            what = f"channel {channel.id}: {path} is {'there' if there else 'missing'}"
            yield Finding(there, what, "plug it in, or mend path: ls /dev/serial/by-id")


def _timer(channel: "NotifyChannel") -> Finding:
    assert channel.relay is not None
    if channel.relay.timer_coil is not None:
        return Finding(True, f"channel {channel.id}: the relay's own timer ends each pulse")
    what = f"channel {channel.id}: no timer in the relay; if epihub dies its guard on this machine ends it"
    return Finding(True, what)
