"""Vaccines as data: where each is kept, and how long it may be thawed (products.toml, with sources)."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from hub.exposure.ranges import FRIDGE, Range


class FrozenRange(NamedTuple):
    """Where a product is kept before it thaws; ``days``: at most so long, None: until it expires."""

    allowed: Range
    days: int | None = None


class Product(NamedTuple):
    """``frozen`` empty: it is kept in a fridge and never frozen. ``thawed_days``: after it began to thaw."""

    id: str
    name: str
    frozen: tuple[FrozenRange, ...] = ()
    thawed_days: int | None = None
    fridge: Range = FRIDGE
    source: str = ""


@cache
def products() -> dict[str, Product]:
    """All that are known, by id."""
    text = files("hub.exposure").joinpath("products.toml").read_text("utf-8")
    return {table["id"]: _product(table) for table in tomllib.loads(text)["product"]}


def _product(table: dict[str, Any]) -> Product:
    frozen = tuple(
        FrozenRange(Range(round(one["low"] * 1000), round(one["high"] * 1000)), one.get("days"))
        for one in table.get("frozen", ())
    )
    return Product(table["id"], table["name"], frozen, table.get("thawed_days"), FRIDGE, table["source"])
