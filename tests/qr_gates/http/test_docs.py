"""The pages of ``gate_http`` and ``gate_wedge`` say what they do: examples load, no code is left out."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from adapters.qr_gates.codes.delimited_family import family_of
from adapters.qr_gates.gate_http_config import GateHttpConfig
from adapters.qr_gates.gate_wedge import GateWedgeConfig
from api.console.wording import Language, texts

ROOT = Path(__file__).parents[3]
HTTP = (ROOT / "docs/adapters/gate_http.md").read_text("utf-8")
WEDGE = (ROOT / "docs/adapters/gate_wedge.md").read_text("utf-8")
FOLDER = ROOT / "adapters/qr_gates"
SOURCES = [*FOLDER.glob("gate_http*.py"), *FOLDER.glob("dialects/*.py"), *FOLDER.glob("pictures/*.py")]
KEPT = ("zkteco.", "hikvision.", "form.", "plain.")


def codes() -> list[str]:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    return sorted(set(re.findall(r'"((?:zkteco|hikvision|form|plain|picture|gate)\.[a-z_]+)"', source)))


def test_codes_are_found() -> None:
    assert len(codes()) > 25


@pytest.mark.parametrize("code", codes())
def test_code_is_documented(code: str) -> None:
    assert f"`{code}`" in HTTP


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_quarantined_has_words(language: Language) -> None:
    assert {f"reason.{code}" for code in codes() if code.startswith(KEPT)} <= set(texts(language))


def examples(page: str) -> list[dict[str, Any]]:
    return [tomllib.loads(each)["device"][0] for each in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]


@pytest.mark.parametrize("example", examples(HTTP), ids=lambda example: str(example["id"]))
def test_example_of_a_terminal_loads(example: dict[str, Any]) -> None:
    assert GateHttpConfig.model_validate(example).id == example["id"]


def test_example_of_a_scanner_loads() -> None:
    (example,) = examples(WEDGE)
    assert GateWedgeConfig.model_validate(example).path == example["path"]


def test_the_family_of_staff_numbers_loads() -> None:
    (described,) = re.findall(r"```\n(kind = .*?)```", HTTP, re.DOTALL)
    assert family_of(described).sniffs(b"1042")
