"""Who gets an account, and what each may do."""

from pathlib import Path

import pytest

from hub.broker.accounts import BusAccount, edge_account, edge_apart_account, own_accounts
from hub.broker.config import BrokerSettings, config_text
from hub.broker.roster import of_embedded_broker, of_other_broker
from hub.config.loader import parse
from hub.config.models import Config

TEXT = """\
[hub]
name = "dong-nai"
[edge]
id = "center"
[bus]
{bus}
[[bus.edge]]
id = "edge-2"
password = {{ env = "EPIHUB_EDGE_2" }}
[[bus.edge]]
id = "edge-3"
password = {{ env = "EPIHUB_EDGE_3" }}
sites = ["kho"]
[[bus.user]]
name = "fridges"
password = {{ env = "EPIHUB_FRIDGES" }}
publish = ["zigbee2mqtt/#"]
[[site]]
id = "kho"
name = "Kho vắc xin"
kind = "vaccine-store"
district = "732"
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EDGE_2", "EDGE_3", "FRIDGES", "BUS"):
        monkeypatch.setenv(f"EPIHUB_{name}", f"{name}-secret")


def config(bus: str = "port = 1883") -> Config:
    return parse(TEXT.format(bus=bus), "e.toml")


def embedded() -> dict[str, BusAccount]:
    passwords = {name: f"{name}-random" for name in own_accounts("center")}
    return {account.name: account for account in of_embedded_broker(config(), passwords)}


def test_everybody_has_an_account_with_the_password_of_its_own() -> None:
    assert {name: account.password for name, account in embedded().items()} == {
        "hub": "hub-random",
        "api": "api-random",
        "center": "center-random",
        "center-api": "center-api-random",
        "center-sensors": "center-sensors-random",
        "edge-2": "EDGE_2-secret",
        "edge-3": "EDGE_3-secret",
        "fridges": "FRIDGES-secret",
    }


def test_an_edge_apart_speaks_as_itself_and_as_its_api() -> None:
    assert embedded()["edge-2"].publish == (
        "epihub/v1/evt/+/+/edge-2/#",
        "epihub/v1/state/+/edge-2/#",
        "epihub/v1/evt/+/+/edge-2-api/#",
        "epihub/v1/state/+/edge-2-api/#",
    )
    assert set(embedded()["edge-2"].subscribe) == {
        "epihub/v1/receipt/edge-2",
        "epihub/v1/receipt/edge-2-api",
        "epihub/v1/hub/p09",
        "epihub/v1/hub/p10",
        "epihub/v1/list/#",
        "epihub/v1/cmd/+/edge-2/#",
        "epihub/v1/cmd/+/edge-2-api/#",
    }


def test_an_edge_bound_to_sites_speaks_for_no_other() -> None:
    account = embedded()["edge-3"]
    assert not any("+/edge" in each for each in account.publish)
    assert "epihub/v1/evt/+/kho/edge-3/#" in account.publish
    assert "epihub/v1/cmd/+/edge-3/#" in account.subscribe  # commands name it, wherever it stands


def test_the_sensors_of_the_hubs_own_edge_are_heard() -> None:
    assert embedded()["center-sensors"].subscribe == ("zigbee2mqtt/#",)
    assert embedded()["fridges"].publish == ("zigbee2mqtt/#",)


def test_at_another_broker_all_our_processes_are_one_account() -> None:
    url = 'url = "mqtts://b.example"\nusername = "province"\npassword = { env = "EPIHUB_BUS" }'
    ours, *others = of_other_broker(config(url))
    assert (ours.name, ours.password) == ("province", "BUS-secret")
    assert ours.subscribe == ("epihub/v1/#", "zigbee2mqtt/#")
    for name in own_accounts("center"):
        assert set(embedded()[name].publish) <= set(ours.publish)
    assert [each.name for each in others] == ["edge-2", "edge-3", "fridges"]


def test_without_a_user_name_it_is_the_hub() -> None:
    assert of_other_broker(config())[0].name == "hub"


def test_the_broker_takes_them_all() -> None:
    text = config_text(BrokerSettings("127.0.0.1", 1883, Path("s")), list(embedded().values()))
    assert "EDGE_2-secret" in text  # a file that only we may read


def test_no_account_shows_its_password() -> None:
    assert "secret" not in repr(edge_apart_account("edge-2", "secret"))
    assert "secret" not in repr(edge_account("edge-2", "secret"))
