"""Answers as JSON: every item repeats id, type, site, device, time and received (design 5)."""

from collections.abc import Iterable
from typing import Any

import msgspec
from fastapi import Response

from storage.contract import Page, Row

COMMON = ("id", "type", "site", "device", "time", "received")
_encode = msgspec.json.Encoder().encode


def complete(row: Row) -> Row:
    """``row`` with the common fields first; null where the row has none."""
    return {name: row.get(name) for name in COMMON} | row


def answer(body: Any, status: int = 200) -> Response:
    return Response(_encode(body), status, media_type="application/json")


def item(row: Row) -> Response:
    return answer(complete(row))


def listing(rows: Iterable[Row], next_cursor: str | None = None) -> Response:
    return answer({"items": [complete(row) for row in rows], "next_cursor": next_cursor})


def page(found: Page) -> Response:
    return listing(found.items, found.next_cursor)
