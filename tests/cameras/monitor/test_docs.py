"""The page of ``rtsp`` says what it does: its examples load, no reason, mode or command is left out."""

import re
import tomllib
from typing import Any, get_args

import pytest

from adapters.cameras import camera_commands
from adapters.cameras.camera_config import Mode, RtspConfig
from adapters.cameras.reasons import REASONS
from adapters.cameras.reconnects import kind_of
from hub.runtime.camera_actions import ACTIONS
from tests.documents.pages import read

PAGE = read("docs/adapters/rtsp.md")
DEVICES: list[dict[str, Any]] = [
    device for block in PAGE.blocks("toml") for device in tomllib.loads(block)["device"]
]


@pytest.mark.parametrize("example", DEVICES, ids=lambda each: str(each["id"]))
def test_example_loads(example: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAM_KHO", "x")
    assert RtspConfig.model_validate(example).id == example["id"]


def test_every_reason_is_on_its_page() -> None:
    assert [reason for reason in sorted(REASONS) if f"`{reason}`" not in PAGE.text] == []


def test_every_mode_is_on_its_page() -> None:
    assert [mode for mode in get_args(Mode) if f"| `{mode}` |" not in PAGE.text] == []


def test_what_is_connected_to_soon_is_named_so() -> None:
    (row,) = re.findall(r"^\| the line: (.*) \| 0\.5 s, doubling to 5 s \|$", PAGE.text, re.MULTILINE)
    assert set(re.findall(r"`([a-z_]+)`", row)) == {each for each in REASONS if kind_of(each) == "line"}


def test_the_commands_of_api_and_adapter_are_the_same() -> None:
    known = {camera_commands.CHECK, camera_commands.REFERENCE, camera_commands.LOGIN}
    assert set(ACTIONS.values()) == known
    assert [each for each in ACTIONS if f"POST cameras/{{id}}/{each}`" not in PAGE.text] == []
