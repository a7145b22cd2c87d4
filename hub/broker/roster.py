"""Everybody who may log in to the bus, read from the configuration."""

from collections.abc import Iterator, Mapping

from hub.broker.accounts import (
    API,
    HUB,
    BusAccount,
    api_account,
    api_edge,
    device_account,
    edge_account,
    edge_apart_account,
    hub_account,
    own_accounts,
    sensor_reader_account,
    sensor_reader_name,
    together,
)
from hub.config.bus_section import BusSection
from hub.config.models import Config


def of_embedded_broker(config: Config, passwords: Mapping[str, str]) -> list[BusAccount]:
    """Accounts of the embedded broker; ``passwords``: of ``own_accounts``. Raises ConfigError."""
    return [*_own(config, passwords), *_others(config.bus)]


def of_other_broker(config: Config) -> list[BusAccount]:
    """Accounts that another broker must have: there all our processes share one, ``[bus] username``."""
    bus = config.bus
    password = bus.password.reveal() if bus.password else ""
    own = _own(config, dict.fromkeys(own_accounts(config.edge.id), password))
    return [together(bus.username or HUB, password, own), *_others(bus)]


def _own(config: Config, passwords: Mapping[str, str]) -> Iterator[BusAccount]:
    edge = config.edge.id
    yield hub_account(passwords[HUB])
    yield api_account(passwords[API])
    for each in (edge, api_edge(edge)):
        yield edge_account(each, passwords[each])
    reader = sensor_reader_name(edge)
    yield sensor_reader_account(edge, passwords[reader], _device_topics(config.bus))


def _others(bus: BusSection) -> Iterator[BusAccount]:
    for edge in bus.edges:
        yield edge_apart_account(edge.id, edge.password.reveal(), edge.sites)
    for user in bus.users:
        yield device_account(user.name, user.password.reveal(), user.publish)


def _device_topics(bus: BusSection) -> tuple[str, ...]:
    return tuple(dict.fromkeys(topic for user in bus.users for topic in user.publish))
