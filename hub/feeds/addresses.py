"""Where a destination's address may lead: against a server that is made to ask its own network for others.

The name is resolved here, each address is checked, and the one that was checked is connected to: a name that
answers differently a moment later changes nothing.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# RFC 6052 and 3056: IPv4 addresses inside IPv6 ones.
_NAT64, _SIX_TO_FOUR = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")


class AddressRefused(OSError):
    """Every address of the name is one that this destination may not reach; the text is a code."""


def allowed(address: Address, *, private: bool) -> bool:
    """``private``: this machine and private ranges, too; never link-local ones, where clouds keep keys."""
    inner = _inner(address)
    if inner is not None:
        return allowed(inner, private=private)
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    return address.is_global or (private and (address.is_private or address.is_loopback))


async def resolve(host: str, port: int, *, private: bool) -> list[str]:
    """Addresses that may be connected to, in the order of the resolver; raises AddressRefused, OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    names = list(dict.fromkeys(str(each[4][0]) for each in found))
    good = [name for name in names if allowed(ip_address(name.partition("%")[0]), private=private)]
    if not good:
        raise AddressRefused("address.refused")
    return good


def _inner(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in _SIX_TO_FOUR else None
