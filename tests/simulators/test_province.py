import tomllib
from typing import Any

import pytest

from simulators.province import MQTT_USER, Incident, demo_config, load_province

PROVINCE = load_province()


def config(port_base: int | None = None) -> dict[str, Any]:
    return tomllib.loads(demo_config(port_base))


def test_four_analyzers_share_one_listener_and_differ_by_sender() -> None:
    analyzers = [device for device in config()["device"] if device["kind"] == "hl7_mllp"]
    assert [device["port"] for device in analyzers] == [2575] * 4
    assert len({device["match"]["sender"] for device in analyzers}) == 4


def test_ten_fridges_have_topics_a_broker_takes() -> None:
    fridges = [device for device in config()["device"] if device["kind"] == "cold_mqtt"]
    assert len({device["topic"] for device in fridges}) == 10
    assert not any(set(device["topic"]) & set(" +#*>.$") for device in fridges)


def test_every_device_stands_at_a_site_of_the_province() -> None:
    sites = {site["id"] for site in config()["site"]}
    assert {device["site"] for device in config()["device"]} == sites


def test_names_keep_their_diacritics() -> None:
    assert "Bệnh viện đa khoa Thống Nhất" in {site["name"] for site in config()["site"]}


@pytest.mark.parametrize(("base", "ports"), [(None, (8080, 1883, 2575)), (20000, (20000, 20001, 20002))])
def test_ports(base: int | None, ports: tuple[int, int, int]) -> None:
    data = config(base)
    assert (data["api"]["port"], data["bus"]["port"], data["device"][0]["port"]) == ports


def test_sensors_have_a_bus_user_without_a_written_secret() -> None:
    (user,) = config()["bus"]["user"]
    assert user["name"] == MQTT_USER
    assert set(user["password"]) == {"env"}


@pytest.mark.parametrize(
    ("minute", "active"), [(9.9, False), (10, True), (14.9, True), (15, False), (70, True), (75, False)]
)
def test_an_incident_comes_again(minute: float, active: bool) -> None:
    incident = Incident("door_open", after_minutes=10, lasts_minutes=5, every_minutes=60)
    assert incident.active(minute) is active


def test_the_incidents_of_a_demo_happen_at_different_cabinets() -> None:
    kinds = [incident.kind for fridge in PROVINCE.fridges for incident in fridge.incidents]
    assert sorted(kinds) == ["door_ajar", "leak", "power_cut", "power_cut", "silent"]
