"""The pages of ``gate_tcp`` and ``gate_serial`` say what they do: examples load, no word is left out."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from adapters.qr_gates.gate_serial import GateSerial
from adapters.qr_gates.gate_tcp import GateTcp
from adapters.qr_gates.scanners.line_speed import CARD_BYTES, CERTIFICATE_BYTES, line_ms
from api.console.wording import Language, texts
from hub.config.loader import parse
from hub.contract import Adapter

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / f"docs/adapters/{name}.md").read_text("utf-8") for name in ("gate_tcp", "gate_serial")}
GATES = (ROOT / "docs/gates.md").read_text("utf-8")
FOLDER = ROOT / "adapters/qr_gates"
KINDS: dict[str, type[Adapter[Any]]] = {"gate_tcp": GateTcp, "gate_serial": GateSerial}
HEAD = (
    '[hub]\nname = "dong-nai"\n[[site]]\nid = "khu-a"\nname = "Khu A"\nkind = "workplace"\ndistrict = "731"\n'
)


def examples(page: str) -> list[dict[str, Any]]:
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    return [device for each in blocks for device in tomllib.loads(each)["device"]]


@pytest.mark.parametrize("example", [each for page in PAGES.values() for each in examples(page)], ids=str)
def test_example_loads(example: dict[str, Any]) -> None:
    assert KINDS[example["kind"]].Config.model_validate(example).id == example["id"]


def states(kind: str) -> set[str]:
    """Reasons that the adapter gives to its states."""
    sources = [FOLDER / f"{kind}.py", FOLDER / "gate.py", FOLDER / "gate_condition.py"]
    told = "\n".join(path.read_text("utf-8") for path in sources)
    found = set(re.findall(r'"((?:line|scanner|stores|barrier)_[a-z_]+)"', told)) | {"not_stored"}
    return found | ({"line_slow_for_cards", "line_slow_for_certificates"} if kind == "gate_serial" else set())


@pytest.mark.parametrize("kind", KINDS)
def test_every_reason_of_a_state_is_on_its_page_and_has_words(kind: str) -> None:
    assert len(states(kind)) > 3
    page = PAGES[kind] + GATES
    assert [reason for reason in states(kind) if f"`{reason}`" not in page] == []
    for language in ("vi", "en"):
        assert {f"reason.{reason}" for reason in states(kind)} <= set(texts(language))


def codes() -> set[str]:
    """Why a code waits in quarantine."""
    parts = [*(FOLDER / "codes").rglob("*.py"), *(FOLDER / "scanners").glob("*.py")]
    told = "\n".join(path.read_text("utf-8") for path in parts)
    return set(re.findall(r'(?:UnreadableCode|MalformedFrame)\((?:[a-z]+, )?"([a-z_]+\.[a-z_]+)"', told))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_waits_in_quarantine_has_words(language: Language) -> None:
    assert len(codes()) > 10
    assert {f"reason.{code}" for code in codes()} <= set(texts(language))


def test_the_table_of_speeds_is_right() -> None:
    for baud in (9600, 19_200, 57_600, 115_200):
        card, certificate = (round(line_ms(size, baud)) for size in (CARD_BYTES, CERTIFICATE_BYTES))
        assert f"| {baud} | {card} ms | {certificate} ms |" in PAGES["gate_serial"]


def test_the_rules_of_a_site_are_those_of_its_gates_but_for_their_own() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", GATES.partition("## From bytes")[0], re.DOTALL)
    own = "rules = { declaration_hours = 24 }\n"
    (gate,) = parse('[hub]\nname = "dong-nai"\n' + block + own, "e.toml").devices
    rules = gate.rules  # type: ignore[attr-defined]
    assert (rules.version, rules.declaration_hours, rules.anti_passback.mode) == (3, 24, "soft")


def test_a_mistake_in_the_rules_of_a_site_is_found() -> None:
    device = '[[device]]\nid = "cong-1"\nkind = "gate_tcp"\ndirection = "in"\n'
    wrong = HEAD + 'gate_rules = { watchlist = "deny" }\n' + device
    with pytest.raises(Exception, match=r"e.toml:9: device.rules.watchlist: unknown key"):
        parse(wrong, "e.toml")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('trust_list = "nowhere.json"', "no such file"),
        ('families = ["broken.toml"]', "separator"),
        ('families = ["huge.toml"]', "at most 16 KiB"),
        ('zone = "Khu A"', "zone"),
    ],
)
def test_a_mistake_in_a_gate_is_told_before_it_starts(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "broken.toml").write_text('kind = "pass"\n')
    (tmp_path / "huge.toml").write_text("#" * 20_000)
    device = f'[[device]]\nid = "cong-1"\nkind = "gate_tcp"\ndirection = "in"\n{line}\n'
    with pytest.raises(Exception, match=told):
        parse(HEAD + device, "e.toml", base=tmp_path)
