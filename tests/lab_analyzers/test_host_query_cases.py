"""Folders of bytes: what a machine asks, what is ordered, and what it is answered.

``query.bin``: the query as it came, without framing. ``orders.json``: the profile and the orders.
``answer.bin``: the answer; ``order_1.bin`` …: the messages behind it. ``expected.json``: orders that the
answer itself holds, the steps of each message, what was left out, the fault of the query.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.lab_analyzers.acknowledge import trouble
from adapters.lab_analyzers.er7 import Fault, Header, read_header
from adapters.lab_analyzers.hl7_orders import OrderWriter, Written
from adapters.lab_analyzers.hl7_queries import read_query
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Order

CASES = Path(__file__).parents[1] / "cases" / "hl7_orders"
AT = datetime(2026, 8, 1, 9, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def order_of(content: dict[str, Any]) -> Order:
    return Order(**(content | {"tests": tuple(content["tests"])}))


def answered(raw: bytes, profile_name: str, orders: list[Order]) -> tuple[Written, str]:
    """What is written, and the fault of the query if it has one."""
    profile, header = load_profile(profile_name), read_header(raw)
    assert isinstance(header, Header)
    writer, query = OrderWriter(profile), read_query(raw, profile)
    if isinstance(query, Fault):
        error = trouble(query.reason, query.place)
        return Written(writer.refusal(header, raw, error, AT)), f"{query.reason} @ {query.place}"
    asked = [order for order in orders if query.everything or order.specimen in query.specimens]
    return writer.answer(query, asked, raw, AT), ""


def outcome(folder: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    given = json.loads((folder / "orders.json").read_text(encoding="utf-8"))
    raw = (folder / "query.bin").read_bytes()
    written, fault = answered(raw, given["profile"], [order_of(content) for content in given["orders"]])
    files = {"answer.bin": written.answer}
    files |= {f"order_{place}.bin": message.raw for place, message in enumerate(written.messages, 1)}
    return files, {
        "answered": [order.order for order in written.answered],
        "steps": [
            {step: order.order for step, order in message.steps.items()} for message in written.messages
        ],
        "left_out": [f"{left.reason} @ {left.place}" for left in written.left_out],
        "fault": fault,
    }


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    files, told = outcome(folder)
    assert told == json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    expected = {path.name: path.read_bytes() for path in folder.glob("*.bin") if path.name != "query.bin"}
    assert files == expected
