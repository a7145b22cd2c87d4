"""What ``epihub bus acl`` prints: nobody's password, and neither more nor less than each account may."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.broker.accounts import (
    BusAccount,
    device_account,
    edge_apart_account,
    hub_account,
    together,
)
from hub.broker.acl import FORMATS, MOSQUITTO_SETTINGS, mosquitto, nats, rabbitmq_queues, rabbitmq_topics
from hub.errors import ConfigError

DOCS = Path(__file__).parents[2] / "docs" / "bus.md"
ACCOUNTS = [
    hub_account("geheim-hub"),
    edge_apart_account("edge-2", "geheim-edge"),
    device_account("fridges", "geheim-fridges", ["zigbee2mqtt/#"]),
]
levels = st.sampled_from(["a", "b", "a.b", "+"])
filters = st.builds(
    lambda parts, rest: "/".join([*parts, *rest]),
    st.lists(levels, min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
)
topics = st.lists(st.sampled_from(["a", "b", "a.b", "c"]), min_size=1, max_size=5).map("/".join)


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 3.1.1, section 4.7, by its words."""
    pattern, names = topic_filter.split("/"), topic.split("/")
    if pattern[-1] == "#":
        return len(names) >= len(pattern) - 1 and matches_all(pattern[:-1], names)
    return len(names) == len(pattern) and matches_all(pattern, names)


def matches_all(pattern: Iterable[str], names: Iterable[str]) -> bool:
    return all(part in ("+", name) for part, name in zip(pattern, names, strict=False))


@pytest.mark.parametrize("broker", FORMATS)
def test_no_password_is_printed_and_everybody_is_named(broker: str) -> None:
    text = FORMATS[broker](ACCOUNTS)
    assert "geheim" not in text
    assert all(account.name in text for account in ACCOUNTS)


def test_mosquitto_settings_are_those_of_the_manual() -> None:
    block = DOCS.read_text("utf-8").split("<!-- mosquitto.conf")[1].split("```\n")[1]
    assert tuple(block.splitlines()) == MOSQUITTO_SETTINGS
    assert all(f"#   {setting}\n" in mosquitto(ACCOUNTS) for setting in MOSQUITTO_SETTINGS)


def test_two_names_for_one_variable_are_refused() -> None:
    with pytest.raises(ConfigError, match="EPIHUB_EDGE_1"):
        nats([BusAccount("edge-1", ""), BusAccount("edge_1", "")])


@given(filters, topics)
def test_rabbitmq_lets_through_what_the_filter_matches(topic_filter: str, topic: str) -> None:
    write, read = rabbitmq_topics(BusAccount("x", "", (topic_filter,), (topic_filter,)))
    routing_key = topic.replace(".", "|").replace("/", ".").replace("|", "/")
    assert bool(re.search(write, routing_key)) == matches(topic_filter, topic)
    assert read == write


def test_rabbitmq_does_not_widen_a_level() -> None:
    _, read = rabbitmq_topics(BusAccount("edge-2", "", (), ("epihub/v1/cmd/+/edge-2/#",)))
    assert re.search(read, "epihub.v1.cmd.*.edge-2.*")
    for wide in ("epihub.v1.cmd.#", "#", "epihub.v1.cmd.#.edge-2.x", "epihub.v1.cmd.*.*.*"):
        assert not re.search(read, wide)


def test_rabbitmq_gives_each_the_queues_of_its_own_client_ids() -> None:
    hub, edge, fridges = (re.compile(rabbitmq_queues(account)) for account in ACCOUNTS)
    hubs, edges = "mqtt-subscription-epihub-hub-p03qos1", "mqtt-subscription-epihub-edge-edge-2qos1"
    assert hub.search(hubs)
    assert edge.search(edges)
    assert edge.search("mqtt-subscription-epihub-edge-edge-2-apiqos0")
    assert not edge.search(hubs)
    assert not edge.search("mqtt-subscription-epihub-edge-edge-22qos1")
    assert not fridges.search(edges)


@given(st.lists(filters, max_size=5), topics)
def test_one_account_for_all_may_what_each_may_and_no_more(parts: list[str], topic: str) -> None:
    whole = together("x", "", [BusAccount("y", "", (part,), (part,)) for part in parts])
    for allowed in (whole.publish, whole.subscribe):
        assert any(matches(each, topic) for each in allowed) == any(matches(each, topic) for each in parts)
