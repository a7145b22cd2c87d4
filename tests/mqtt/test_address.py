"""Broker addresses as people write them."""

import pytest

from hub.errors import ConfigError
from hub.mqtt.address import BrokerAddress, address_from_url


def test_plain_and_tls_with_their_ports() -> None:
    plain, secure = (
        address_from_url("mqtt://broker.example"),
        address_from_url("mqtts://broker.example", "u", "p"),
    )
    assert (plain.port, plain.tls) == (1883, None)
    assert secure.port == 8883
    assert secure.tls is not None
    assert (secure.username, secure.password) == ("u", "p")


@pytest.mark.parametrize(
    "url",
    [
        "broker.example",
        "http://b",
        "mqtt://",
        "mqtt://u:geheim@b",
        "mqtt://b/geheim",
        "mqtt://b:geheim",
        "mqtt://b?geheim",
    ],
)
def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        address_from_url(url)
    assert "geheim" not in str(caught.value)


def test_the_password_is_never_shown() -> None:
    address = BrokerAddress("::1", 1883, "hub", "geheim")
    assert "geheim" not in repr(address)
    assert str(address) == "[::1]:1883"
