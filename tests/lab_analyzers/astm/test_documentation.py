"""The pages of the ASTM adapters name every setting and every reason."""

import re
from pathlib import Path

import pytest

from adapters.lab_analyzers.analyzer import Match
from adapters.lab_analyzers.astm_device import AstmLink
from adapters.lab_analyzers.astm_serial import AstmSerialConfig
from adapters.lab_analyzers.astm_tcp import AstmTcpConfig
from hub.contract import DeviceConfig

ROOT = Path(__file__).parents[3]
TCP, SERIAL = (
    (ROOT / "docs" / "adapters" / f"{kind}.md").read_text(encoding="utf-8")
    for kind in ("astm_tcp", "astm_serial")
)
FOLDER = ROOT / "adapters" / "lab_analyzers"
RECEIVING = ("astm_line.py", "astm_device.py", "astm_tcp.py", "astm_serial.py")
CODE = "".join(
    path.read_text(encoding="utf-8")
    for path in (*FOLDER.glob("astm/*.py"), *(FOLDER / name for name in RECEIVING))
)
COMMON = set(DeviceConfig.model_fields)
REASONS = set(re.findall(r'"((?:astm|link)\.[a-z_]+)"', CODE))


@pytest.mark.parametrize(
    "word",
    sorted(
        REASONS
        | (set(AstmTcpConfig.model_fields) - COMMON)
        | set(Match.model_fields)
        | set(AstmLink.model_fields)
    ),
)
def test_page_of_astm_tcp_names(word: str) -> None:
    assert f"`{word}`" in TCP


@pytest.mark.parametrize("word", sorted(set(AstmSerialConfig.model_fields) - COMMON))
def test_page_of_astm_serial_names(word: str) -> None:
    assert f"`{word}`" in SERIAL
