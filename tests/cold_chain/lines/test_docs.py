"""The page of the adapter says what the adapter does: examples load, no setting and no code is left out."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import adapters.cold_chain
from adapters.cold_chain.cold_serial_config import ColdSerialConfig, LineDialect
from adapters.cold_chain.sensor_config import SensorConfig
from api.console.wording import Language, texts

PAGE = (Path(__file__).parents[3] / "docs" / "adapters" / "cold_serial.md").read_text("utf-8")
FOLDER = Path(adapters.cold_chain.__file__).parent
SOURCES = sorted([*(FOLDER / "lines").glob("*.py"), *FOLDER.glob("cold_serial*.py")])
OWN = set(ColdSerialConfig.model_fields) - set(SensorConfig.model_fields) - {"bits", "parity", "stop_bits"}
EXAMPLES = [
    device
    for example in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for device in tomllib.loads(example)["device"]
]


def codes() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    return sorted({*re.findall(r'"(cold\.[a-z0-9_]+)"', source), "line_garbled", "device.silent"})


@pytest.mark.parametrize("word", [*codes(), *sorted(OWN), "crc_failed", "probe_failed"])
def test_word_is_documented(word: str) -> None:
    assert re.search(rf"`{word}`|\n{word} = ", PAGE)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_quarantine_and_health_have_words(language: Language) -> None:
    assert {f"reason.{code}" for code in codes()} <= set(texts(language))


def test_codes_are_found() -> None:
    assert len(codes()) > 6


@pytest.mark.parametrize("settings", EXAMPLES, ids=lambda settings: settings["id"])
def test_example_loads(settings: dict[str, object]) -> None:
    assert ColdSerialConfig.model_validate(settings).id == settings["id"]


def test_every_dialect_has_an_example() -> None:
    assert {settings["dialect"] for settings in EXAMPLES} == set(get_args(LineDialect))
