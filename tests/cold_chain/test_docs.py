"""The page of the adapter says what the adapter does: examples load, and no code is left out."""

import re
import tomllib
from pathlib import Path

import pytest

import adapters.cold_chain
from adapters.cold_chain.config import ColdMqttConfig

PAGE = (Path(__file__).parents[2] / "docs" / "adapters" / "cold_mqtt.md").read_text("utf-8")
SOURCES = sorted(Path(adapters.cold_chain.__file__).parent.rglob("*.py"))
CODES = (
    r'"(cold\.[a-z0-9_]+)"',
    r'"(time_[a-z]+)"',
    r': "(power_on_reset|probe_lost)"',
    r'"(missing|not_numeric|not_a_number|out_of_range|unit_unknown|retained)"',
    r'"(bridge_offline|retained_only|measures_again|probe_failed|clock_wrong)"',
)


def codes() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    return sorted({code for pattern in CODES for code in re.findall(pattern, source)})


@pytest.mark.parametrize("code", codes())
def test_code_is_documented(code: str) -> None:
    assert f"`{code}`" in PAGE


def test_codes_are_found() -> None:
    assert len(codes()) > 25


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_example_loads(example: str) -> None:
    (settings,) = tomllib.loads(example)["device"]
    assert ColdMqttConfig.model_validate(settings).id == settings["id"]
