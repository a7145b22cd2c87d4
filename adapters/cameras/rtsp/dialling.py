"""Connecting to a camera: its name is resolved once, and the address that was checked is connected to."""

import asyncio
import errno
import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from typing import TypeVar

from adapters.cameras.reasons import Reason
from adapters.cameras.rtsp.places import CameraPlace
from hub.streams.blocking_calls import BlockingCalls

P = TypeVar("P", bound=asyncio.Protocol)
_TLS_SHUTDOWN_SECONDS = 1.0
_REASON_OF_ERROR: dict[int, Reason] = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ETIMEDOUT: "connect_timeout",
}


class NotReached(Exception):
    """``detail``: the name of the system's error, or a code of ours."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


async def dial(
    place: CameraPlace, make: Callable[[], P], seconds: float, resolving: BlockingCalls
) -> tuple[asyncio.Transport, P]:
    """The line and its protocol; raises NotReached within ``seconds``."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            address = await resolve(place, seconds, resolving)
            context = _context(bool(place.certificate)) if place.tls else None
            transport, protocol = await loop.create_connection(
                make,
                address,
                place.port,
                ssl=context,
                server_hostname=place.host if context else None,
                ssl_shutdown_timeout=_TLS_SHUTDOWN_SECONDS if context else None,
            )
    except ssl.SSLError as error:  # before OSError, which it is
        raise NotReached("tls") from error
    except OSError as error:
        raise _not_reached(error) from error
    except ValueError as error:  # a name that no resolver and no certificate could have
        raise NotReached("unresolved", "name") from error
    if place.certificate and not _is_pinned(transport, place.certificate):
        transport.abort()
        raise NotReached("tls", "certificate")
    return transport, protocol


def _not_reached(error: OSError) -> NotReached:
    if isinstance(error, TimeoutError):
        return NotReached("connect_timeout")
    reason = _REASON_OF_ERROR.get(error.errno or 0, "no_route")
    return NotReached(reason, errno.errorcode.get(error.errno or 0, ""))


async def resolve(place: CameraPlace, seconds: float, resolving: BlockingCalls) -> str:
    """An address of the camera that may be connected to; raises NotReached, or TimeoutError."""
    try:
        addresses = [str(ip_address(place.host))]
    except ValueError:
        addresses = await _look_up(place, seconds, resolving)
    allowed = next((each for each in addresses if place.permits(each)), None)
    if allowed is None:
        raise NotReached("not_allowed")
    return allowed


async def _look_up(place: CameraPlace, seconds: float, resolving: BlockingCalls) -> list[str]:
    def ask() -> list[str]:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        return [str(each[4][0]) for each in found]

    try:
        return await resolving.call(seconds, ask)
    except (socket.gaierror, UnicodeError) as error:
        raise NotReached("unresolved") from error


@cache
def _context(is_pinned: bool) -> ssl.SSLContext:
    """One for all cameras: reading the machine's list of authorities takes longer than a handshake."""
    context = ssl.create_default_context()
    if is_pinned:  # cameras sign their own: which one it is, is checked instead
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_pinned(transport: asyncio.Transport, wanted: str) -> bool:
    told: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    certificate = told.getpeercert(binary_form=True) if told else None
    if not certificate:
        return False
    return hmac.compare_digest(hashlib.sha256(certificate).hexdigest(), wanted.replace(":", "").lower())
