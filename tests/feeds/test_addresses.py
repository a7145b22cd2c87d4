"""Where a destination may lead: no name and no spelling reaches what is closed."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.feeds.addresses import AddressRefused, allowed, resolve

METADATA = ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1", "2002:a9fe:a9fe::1"]
NEVER = [*METADATA, "0.0.0.0", "::", "224.0.0.1", "ff02::1"]
PRIVATE = ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "fd00::1", "::ffff:10.0.0.1"]


@pytest.mark.parametrize("address", NEVER)
def test_never(address: str) -> None:
    assert not allowed(ip_address(address), private=True)
    assert not allowed(ip_address(address), private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_by_the_flag_alone(address: str) -> None:
    assert allowed(ip_address(address), private=True)
    assert not allowed(ip_address(address), private=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_public(address: str) -> None:
    assert allowed(ip_address(address), private=False)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_as_itself(inner: Any) -> None:
    mapped = ip_address(f"::ffff:{inner}")
    translated = ip_address(int(ip_address("64:ff9b::")) + int(inner))
    for outer in (mapped, translated):
        assert allowed(outer, private=False) == allowed(inner, private=False)


async def test_of_several_addresses_only_good_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(host: str, port: int, **_: Any) -> list[Any]:
        names = {"mixed": ["10.0.0.1", "8.8.8.8"], "inside": ["10.0.0.1", "127.0.0.1"]}[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, port)) for name in names]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", told)
    assert await resolve("mixed", 443, private=False) == ["8.8.8.8"]
    with pytest.raises(AddressRefused):
        await resolve("inside", 443, private=False)
