"""The page of the adapter says what the adapter does: examples load, and no code is left out."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import adapters.cold_chain
from adapters.cold_chain.config import ColdMqttConfig, Dialect
from adapters.cold_chain.payloads import FAMILIES

PAGES = Path(__file__).parents[2] / "docs" / "adapters"
PAGE = (PAGES / "cold_mqtt.md").read_text("utf-8")
EVERY_KIND = "\n".join(page.read_text("utf-8") for page in sorted(PAGES.glob("cold_*.md")))
SOURCES = sorted(Path(adapters.cold_chain.__file__).parent.rglob("*.py"))
CODES = (
    r'"(cold\.[a-z0-9_]+)"',
    r'"(time_[a-z]+)"',
    r': "(power_on_reset|probe_lost)"',
    r'"(missing|not_numeric|not_a_number|out_of_range|unit_unknown|retained)"',
    r'"(bridge_offline|waits_for_discovery|retained_only|measures_again|probe_failed|clock_wrong)"',
)


def codes() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    return sorted({code for pattern in CODES for code in re.findall(pattern, source)})


@pytest.mark.parametrize("code", codes())
def test_code_is_documented(code: str) -> None:
    assert f"`{code}`" in EVERY_KIND


def test_codes_are_found() -> None:
    assert len(codes()) > 25


EXAMPLES = [
    device
    for example in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for device in tomllib.loads(example)["device"]
]


@pytest.mark.parametrize("settings", EXAMPLES, ids=lambda settings: settings["id"])
def test_example_loads(settings: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTN_PASSWORD", "of-the-test")
    assert ColdMqttConfig.model_validate(settings).id == settings["id"]


def test_every_dialect_has_an_example() -> None:
    assert {settings["dialect"] for settings in EXAMPLES} == set(get_args(Dialect))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_sensor_and_its_probes_are_documented(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.MULTILINE)
    probes = FAMILIES[name].probes  # type: ignore[index]
    assert name == "dragino-ltc2-lb" or all(f"`{probe}`" in row for probe in probes)
