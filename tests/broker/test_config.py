"""The NATS configuration: what each account may do, read as NATS reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.broker.accounts import (
    BusAccount,
    api_account,
    device_account,
    edge_account,
    hub_account,
    sensor_reader_account,
)
from hub.broker.config import BrokerSettings, BrokerTls, config_text, subjects
from hub.errors import ConfigError

SETTINGS = BrokerSettings("127.0.0.1", 1883, Path("store"))


def parsed(*accounts: BusAccount, settings: BrokerSettings = SETTINGS) -> Any:
    return json.loads(config_text(settings, accounts))


def permissions(account: BusAccount) -> Any:
    (user,) = parsed(account)["authorization"]["users"]
    return user["permissions"]


@pytest.mark.parametrize(
    ("topic_filter", "expected"),
    [
        ("epi", ["epi"]),
        ("epi/#", ["epi", "epi.>"]),
        ("a/+/b/#", ["a.*.b", "a.*.b.>"]),
        ("+/b", ["*.b"]),
        ("#", [">"]),
        ("/a", ["/.a"]),
        ("a//b", ["a./.b"]),
        ("a/", ["a./"]),
        ("a.b/c", ["a//b.c"]),
        ("nhiệt-độ/#", ["nhiệt-độ", "nhiệt-độ.>"]),
    ],
)
def test_topic_filters_become_subjects(topic_filter: str, expected: list[str]) -> None:
    assert subjects(topic_filter) == expected


@pytest.mark.parametrize(
    "bad", ["", "a b", "a/*", "a/>", "$SYS/#", "$MQTT/sub/#", "a/#/b", "a+/b", "a/b#", "a\n"]
)
def test_what_nats_cannot_express_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="topic filter"):
        subjects(bad)


@given(st.text(max_size=30))
def test_any_text_is_a_subject_or_a_config_error(text: str) -> None:
    try:
        made = subjects(text)
    except ConfigError:
        return
    assert all(made)
    assert not any(" " in each or each.startswith("$") for each in made)


def test_nothing_but_mqtt_on_the_asked_address() -> None:
    config = parsed(hub_account("p"))
    assert config["mqtt"] == {"listen": "127.0.0.1:1883", "ack_wait": "10s", "max_ack_pending": 10_000}
    assert config["listen"] == "127.0.0.1:-1"
    assert "http" not in config
    assert [user["allowed_connection_types"] for user in config["authorization"]["users"]] == [["MQTT"]]


def test_sync_store_and_tls_are_passed_on() -> None:
    tls = BrokerTls(Path("c.pem"), Path("k.pem"))
    config = parsed(hub_account("p"), settings=BrokerSettings("::1", 1, Path("s"), sync="always", tls=tls))
    assert config["jetstream"]["sync_interval"] == "always"
    assert config["jetstream"]["store_dir"] == "s"
    assert config["mqtt"]["listen"] == "[::1]:1"
    assert config["mqtt"]["tls"] == {"cert_file": "c.pem", "key_file": "k.pem"}


def test_an_edge_speaks_only_as_itself() -> None:
    may = permissions(edge_account("edge-1", "p"))
    assert may["publish"]["allow"] == [
        "epihub.v1.evt.*.*.edge-1",
        "epihub.v1.evt.*.*.edge-1.>",
        "epihub.v1.state.*.edge-1",
        "epihub.v1.state.*.edge-1.>",
    ]
    assert may["subscribe"]["allow"] == [
        "epihub.v1.receipt.edge-1",
        "epihub.v1.hub.p03",
        "epihub.v1.list",
        "epihub.v1.list.>",
        "epihub.v1.cmd.*.edge-1",
        "epihub.v1.cmd.*.edge-1.>",
        "$MQTT.sub.>",
    ]


def test_only_the_hub_publishes_receipts() -> None:
    others = [edge_account("edge-1", "p"), api_account("p"), device_account("d", "p", ["a/#"])]
    assert "epihub.v1.receipt.*" in permissions(hub_account("p"))["publish"]["allow"]
    for account in others:
        assert not any("receipt" in each or each == ">" for each in permissions(account)["publish"]["allow"])


def test_no_filter_means_nothing_and_not_everything() -> None:
    reader = permissions(sensor_reader_account("edge-1", "p", ["zigbee2mqtt/#"]))
    device = permissions(device_account("d", "p", ["zigbee2mqtt/#"]))
    assert reader["publish"] == {"deny": [">"]}
    assert reader["subscribe"]["allow"] == ["zigbee2mqtt", "zigbee2mqtt.>", "$MQTT.sub.>"]
    assert device["subscribe"] == {"deny": [">"]}


@pytest.mark.parametrize("reaching", ["#", "+/v1/#", "epihub/v1/evt/#", "epihub"])
def test_devices_do_not_reach_our_topics(reaching: str) -> None:
    with pytest.raises(ConfigError, match="epihub"):
        device_account("d", "p", [reaching])
    with pytest.raises(ConfigError, match="epihub"):
        sensor_reader_account("edge-1", "p", [reaching])


def test_a_device_without_a_password_is_refused() -> None:
    with pytest.raises(ConfigError, match="bus user d: an empty password"):
        device_account("d", "", ["a/#"])


def test_two_accounts_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="'hub'"):
        config_text(SETTINGS, [hub_account("p"), device_account("hub", "q", ["a/#"])])


@pytest.mark.parametrize("password", ['a"b\\c', "$HOME", "123", "true", "mật khẩu", "{", "# not a comment"])
def test_passwords_stay_what_they_are(password: str) -> None:
    (user,) = parsed(hub_account(password))["authorization"]["users"]
    assert user["password"] == password


def test_control_characters_in_a_password_are_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError) as caught:
        config_text(SETTINGS, [hub_account("geheim\n")])
    assert "geheim" not in str(caught.value)
    assert "geheim" not in repr(hub_account("geheim"))
