"""The page of the adapter says what the adapter does: examples load, no setting, map and code is left out."""

import re
import tomllib
from pathlib import Path

import pytest

import adapters.cold_chain
from adapters.cold_chain.cold_modbus_config import ColdModbusConfig
from adapters.cold_chain.modbus.maps import Register, names, packaged
from adapters.cold_chain.sensor_config import SensorConfig
from api.console.wording import Language, texts

PAGE = (Path(__file__).parents[3] / "docs" / "adapters" / "cold_modbus.md").read_text("utf-8")
FOLDER = Path(adapters.cold_chain.__file__).parent
SOURCES = sorted([*(FOLDER / "modbus").glob("*.py"), *FOLDER.glob("cold_modbus*.py")])
OWN = set(ColdModbusConfig.model_fields) - set(SensorConfig.model_fields) - {"registers"}
HEALTH = {"slave_absent", "slave_refuses", "line_garbled", "probe_failed"}


def codes() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    return sorted({*re.findall(r'"(cold\.[a-z0-9_]+)"', source), *HEALTH})


@pytest.mark.parametrize("word", sorted({*codes(), *OWN, *Register.model_fields}))
def test_word_is_documented(word: str) -> None:
    assert re.search(rf"`{word}`|\n{word} = ", PAGE)


@pytest.mark.parametrize("name", names())
def test_map_is_listed_with_its_registers(name: str) -> None:
    (row,) = re.findall(rf"^\| .*`{name}`.*$", PAGE, re.MULTILINE)
    known = [*packaged(name).registers]
    assert f"`{known[0]}`" in row
    assert f"`{known[-1]}`" in row


@pytest.mark.parametrize("language", ["vi", "en"])
def test_quarantine_and_health_have_words(language: Language) -> None:
    assert {f"reason.{code}" for code in codes()} <= set(texts(language))


def test_codes_are_found() -> None:
    assert len(codes()) > 6


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_example_loads(example: str) -> None:
    for settings in tomllib.loads(example)["device"]:
        assert ColdModbusConfig.model_validate(settings).id == settings["id"]
