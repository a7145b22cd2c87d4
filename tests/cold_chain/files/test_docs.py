"""The page of the adapter says what the adapter does: examples load, no setting and no code is left out."""

import re
import tomllib
from pathlib import Path

import pytest

import adapters.cold_chain
from adapters.cold_chain.cold_file_config import ColdFileConfig
from adapters.cold_chain.exports.tables import TableLayout
from adapters.cold_chain.sensor_config import SensorConfig
from api.console.wording import Language, texts

PAGE = (Path(__file__).parents[3] / "docs" / "adapters" / "cold_file.md").read_text("utf-8")
FOLDER = Path(adapters.cold_chain.__file__).parent
SOURCES = sorted([*(FOLDER / "exports").glob("*.py"), *FOLDER.glob("cold_file*.py")])
OWN = (
    set(ColdFileConfig.model_fields)
    - set(SensorConfig.model_fields)
    - {"look_seconds", "silent_after_seconds"}
)


def codes() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    return sorted(set(re.findall(r'"((?:cold|device)\.[a-z0-9_]+)"', source)) | {"file_not_taken"})


def metrics() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    return sorted(set(re.findall(r'"((?:alarm|limits|probe|check)\.[a-z0-9_]+)"', source)))


@pytest.mark.parametrize("word", [*codes(), *metrics(), *sorted({*OWN, "silent_after_seconds"} - {"table"})])
def test_word_is_documented(word: str) -> None:
    assert re.search(rf"`{word}`|\n{word} = ", PAGE)


@pytest.mark.parametrize("name", TableLayout.model_fields)
def test_setting_of_tables_has_an_example(name: str) -> None:
    assert re.search(rf"\n{name} = |device\.table\.{name}\]", PAGE)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_quarantine_and_health_have_words(language: Language) -> None:
    assert {f"reason.{code}" for code in codes()} <= set(texts(language))


def test_codes_are_found() -> None:
    assert len(codes()) > 9
    assert len(metrics()) > 8


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_example_loads(example: str) -> None:
    for settings in tomllib.loads(example)["device"]:
        assert ColdFileConfig.model_validate(settings).id == settings["id"]
