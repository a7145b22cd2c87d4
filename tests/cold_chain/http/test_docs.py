"""The page of the adapter says what the adapter does: examples load, no code and no field is left out."""

import re
import tomllib
from pathlib import Path

import pytest

import adapters.cold_chain.cce
from adapters.cold_chain.cce.codes import KNOWN_ALARMS, LOGGER_REASONS, MONITOR_REASONS
from adapters.cold_chain.cce.fields import FIELDS
from adapters.cold_chain.cold_http_config import ColdHttpConfig
from api.console.wording import Language, texts

PAGE = (Path(__file__).parents[3] / "docs" / "adapters" / "cold_http.md").read_text("utf-8")
FOLDER = Path(adapters.cold_chain.cce.__file__).parent
SOURCES = sorted([*FOLDER.glob("*.py"), *FOLDER.parent.glob("cold_http*.py")])


def codes() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    named = set(re.findall(r'"((?:cce|cold|http)\.[a-z0-9_]+)"', source))
    named |= {*LOGGER_REASONS.values(), *MONITOR_REASONS.values(), "logger_error", "monitor_error"}
    named |= {*FIELDS, *(field.metric for field in FIELDS.values()), "error.logger", "error.monitor"}
    return sorted(named | {f"alarm.{name}" for name in KNOWN_ALARMS} | {"place_differs", "not_boolean"})


@pytest.mark.parametrize("code", codes())
def test_code_is_documented(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("language", ["vi", "en"])
def test_quarantine_and_health_have_words(language: Language) -> None:
    kept = [code for code in codes() if code.startswith(("cce.", "http.", "cold."))]
    ours = {"cce.busy", "cce.not_committed", "cce.unfinished", "cce.encoding_unknown"}  # said to senders
    assert {f"reason.{code}" for code in {*kept, "place_differs"} - ours} <= set(texts(language))


def test_codes_are_found() -> None:
    assert len(codes()) > 90


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_example_loads(example: str) -> None:
    (settings,) = tomllib.loads(example)["device"]
    assert ColdHttpConfig.model_validate(settings).id == settings["id"]
