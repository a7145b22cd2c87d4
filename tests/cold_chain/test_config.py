"""Mistakes in a configuration are found when it is read, and said clearly."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.expression import FAILED, Expression
from tests.cold_chain.devices import device

WRITTEN = """
id = "ts301"
kind = "cold_mqtt"
dialect = "mapped"
topic = "application/1/device/2/event/up"
[mapping]
temp.vaccine = { value = "object.temperature_chn1", time = "time", sequence = "fCnt" }
"door.open_now_s" = { value = "object.door", unit = "s", optional = true }
"""


def test_toml_as_people_write_it() -> None:
    config = ColdMqttConfig.model_validate(tomllib.loads(WRITTEN))
    assert list(config.mapping) == ["temp.vaccine", "door.open_now_s"]
    assert config.mapping["temp.vaccine"].value == Expression("object.temperature_chn1")


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"topic": "zigbee2mqtt/+"}, "without space, + and #"),
        ({"topic": "zigbee2mqtt/tủ lạnh"}, "without space, + and #"),
        ({"topic": "epihub/v1/evt/p00"}, "our own tree"),
        ({"topic": ""}, "without space, + and #"),
        ({"broker": "http://broker"}, "mqtt://host:port"),
        ({"broker": "mqtt://broker/path"}, "mqtt://host:port"),
        ({"broker": "mqtt://u:geheim@broker"}, "no user or password in the url"),
        ({"username": "u"}, "belong to a broker"),
        ({"timezone": "Asia/Hanoi"}, "timezone"),
        ({"lowest_cel": 5, "highest_cel": 5}, "lowest_cel must be below"),
        ({"metric": "humidity.ambient"}, "is no temperature"),
        ({"metric": "Temp"}, "metric"),
        ({"dialect": "mapped", "mapping": {}}, "needs a mapping"),
        ({"dialect": "tasmota", "topic": "tele/x/STATE"}, "ends in /SENSOR"),
        ({"mapping": {"temp.vaccine": {"value": "t"}}}, "the others have none"),
        ({"probes": {"a": "temp.vaccine", "b": "temp.vaccine"}}, "two probes have the metric temp.vaccine"),
        ({"probes": {"a b": "temp.vaccine"}}, "probes"),
        ({"silence_seconds": 0}, "silence_seconds"),
        ({"shared": True}, "which of the node's stand in this fridge"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_mistake_is_refused(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError) as refused:
        device(**settings)
    assert mistake in str(refused.value)
    assert "geheim" not in "".join(error["msg"] for error in refused.value.errors())


@pytest.mark.parametrize(
    ("place", "mistake"),
    [
        ({"value": "object["}, "mistake at column 8"),
        ({"value": "a b"}, "mistake at column 3"),
        ({"value": "nothing(@)"}, "no function nothing()"),
        ({"value": "a[].nothing(@)"}, "no function nothing()"),
        ({"value": "abs(a, b)"}, "abs() has another number of arguments"),
        ({"value": ""}, "1 to 256 characters"),
        ({"value": "   "}, "JMESPath"),
        ({"value": "a" * 257}, "1 to 256 characters"),
        ({"value": "(" * 256}, "JMESPath"),
        ({"value": 5}, "is a text"),
        ({"value": "a", "time": "]"}, "column 1"),
        ({"value": "a", "unit": "Grad"}, "Cel, [degF] or K"),
        ({"unit": "Cel"}, "value"),
    ],
)
def test_mapping_that_cannot_work_is_refused(place: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError) as refused:
        device("mapped", mapping={"temp.vaccine": place})
    assert mistake in str(refused.value)


def test_metric_that_is_no_temperature_names_its_unit() -> None:
    with pytest.raises(ValidationError, match=r"door.open_s: name its unit"):
        device("mapped", mapping={"door.open_s": {"value": "d"}})
    with pytest.raises(ValidationError, match="only a temperature"):
        device("mapped", mapping={"door.open_s": {"value": "d", "unit": "s", "unit_path": "u"}})
    assert device("mapped", mapping={"humidity.vaccine": {"value": "h"}}).mapping


@pytest.mark.parametrize(
    "source", ["ceil(t)", "floor(t)", "t[::0]", "sort_by(t, &x)", "join(',', t)", "!" * 250 + "t"]
)
@pytest.mark.parametrize("value", [float("inf"), float("nan"), [1, "a"], {"x": 1}, "t", None], ids=repr)
def test_expression_never_raises(source: str, value: Any) -> None:
    found = Expression(source).search({"t": value})
    assert found is FAILED or not isinstance(found, Exception)


def test_password_comes_from_the_environment_or_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SENSOR_BROKER", "s3cret")
    settings = {"broker": "mqtts://broker", "username": "epihub"}
    config = device(**settings, password={"env": "SENSOR_BROKER"})
    assert config.password is not None
    assert config.password.reveal() == "s3cret"
    assert "s3cret" not in repr(config) + config.model_dump_json()
    file = tmp_path / "password"
    file.write_text("from file\n")
    file.chmod(0o600)
    assert device(**settings, password={"file": str(file)}).password.reveal() == "from file"  # type: ignore[union-attr]
    relative = {"id": "f", "kind": "cold_mqtt", "dialect": "zigbee2mqtt", "topic": "z/f", **settings}
    found = ColdMqttConfig.model_validate(
        relative | {"password": {"file": "password"}}, context={"base": tmp_path}
    )
    assert found.password is not None
    assert found.password.reveal() == "from file"


@pytest.mark.parametrize(
    "password",
    ["s3cret", {"env": "NOT_SET_ANYWHERE"}, {"file": "not-there"}, {"env": "A", "file": "b"}, {}, 5],
)
def test_password_without_a_source_is_refused(password: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        device(broker="mqtt://broker", password=password)
    assert "s3cret" not in "".join(error["msg"] for error in refused.value.errors())


def test_password_file_open_to_others_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret")
    file.chmod(0o604)
    with pytest.raises(ValidationError, match="chmod 600"):
        device(broker="mqtt://broker", password={"file": str(file)})


def test_topics_that_go_with_a_device() -> None:
    assert device().availability_topic == "zigbee2mqtt/tu-lanh-01/availability"
    assert device().bridge_state_topic == "zigbee2mqtt/bridge/state"
    assert device("tasmota").availability_topic == "tele/tu-lanh-01/LWT"
    assert device("tasmota").bridge_state_topic is None
    assert device("mapped").availability_topic is None
    assert device("mapped", status_topic="x/lwt").availability_topic == "x/lwt"


def test_schema_describes_every_setting() -> None:
    properties = ColdMqttConfig.model_json_schema()["properties"]
    assert [name for name, field in properties.items() if "description" not in field] in ([], ["kind"])
