"""Any of the services of Apprise, by its address: a library that blocks, so it works in threads of its own.

It is imported at the first notice (45 MB), and answers yes or no: there are no codes of the other side.
"""

import logging
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from hub.notify.channels.parcel import DELIVERED, NO_ANSWER, Delivery, Parcel
from hub.notify.settings import Channel
from hub.streams.blocking_calls import BlockingCalls

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

ADDRESS, NAME = "{address}", "{id}"
THREADS = "apprise"
# They tell addresses, chats and what the other side said, also at levels that are on.
_TALKERS = ("apprise", "urllib3", "requests", "charset_normalizer", "markdown")
BAD_ADDRESS = "apprise.bad_address"


class AppriseService:
    """``url`` of the channel with the person's address in it, or the person's address is the url."""

    at_once = 4

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._calls = BlockingCalls(f"{THREADS}[{channel.id}]", self.at_once * 2)

    async def send(self, parcel: Parcel) -> Delivery:
        try:
            return await self._calls.call(self._channel.timeout_seconds, lambda: self._send(parcel))
        except OSError:
            return Delivery("again", NO_ANSWER)

    def _send(self, parcel: Parcel) -> Delivery:
        service = service_of(url_for(self._channel.url, parcel.address, parcel.name))
        if service is None:
            return Delivery("refused", BAD_ADDRESS)
        seconds = self._channel.timeout_seconds
        service.socket_connect_timeout = service.socket_read_timeout = seconds
        # Of requests and ssl: a path is a list of those who may have signed.
        service.verify_certificate = self._channel.ca_file or True  # type: ignore[assignment]
        try:
            taken = service.notify(title=parcel.text.title, body=parcel.text.body)
        except Exception as error:  # noqa: BLE001 - one of 180 services of others; what it raises may quote us
            logging.getLogger(__name__).warning("service failed", extra={"reason": type(error).__name__})
            taken = False
        return DELIVERED if taken else Delivery("again", "apprise.failed")


def url_for(url: str, address: str, name: str) -> str:
    """Placeholders are filled in; whatever an address holds stays one part of the url."""
    if not url:
        return address
    return url.replace(ADDRESS, quote(address, safe="")).replace(NAME, quote(name, safe=""))


def service_of(url: str) -> "NotifyBase | None":
    """None for an address that Apprise does not understand; raises ImportError without the library."""
    _quieten()
    from apprise import Apprise

    service: NotifyBase | None = Apprise.instantiate(url, asset=_asset())
    if service is not None:
        service.redirects = False
    return service


@cache
def _asset() -> "AppriseAsset":
    """Nothing on the disk, nothing from the disk."""
    from apprise import AppriseAsset

    return AppriseAsset(async_mode=False, secure_logging=True, storage_mode="memory", plugin_paths=[])


@cache
def _quieten() -> None:
    for name in _TALKERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    """Not what a service's own libraries say in our threads, whatever their names are."""
    return record.name == __name__ or not (record.threadName or "").startswith(f"{THREADS}[")
