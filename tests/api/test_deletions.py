"""The ledger of deletions over a real store that deleted something."""

from typing import Any

import httpx
import pytest

from api.keys import Role, add_key
from hub.events import parse_time
from storage.retention import Deletion, first_broken
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import HOUR_MS

URL = "/api/v1/deletions"
DAYS_MS = 24 * HOUR_MS


@pytest.fixture
async def client(stage: Stage) -> Any:
    """The readings leave the log, then the tables: two deletions at least."""
    for now_ms in (NOW_MS + 8 * DAYS_MS, NOW_MS + 400 * DAYS_MS):
        while await stage.writer.store.maintain(now_ms):
            pass
    async with stage.client() as made:
        yield made


async def pages(client: httpx.AsyncClient, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await client.get(f"{URL}?limit={limit}{cursor}")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found += told["items"]
        if told["next_cursor"] is None:
            return found
        cursor = f"&cursor={told['next_cursor']}"


async def test_the_chain_can_be_followed_page_by_page(client: httpx.AsyncClient) -> None:
    told = await pages(client, 1)
    assert told == await pages(client, 100)
    assert {"log", "readings"} <= {item["class"] for item in told}
    numbers = [item["number"] for item in told]
    assert numbers == sorted(numbers, reverse=True)
    chain = [
        (
            Deletion(
                item["class"],
                parse_time(item["from"]),
                parse_time(item["to"]),
                item["rows"],
                parse_time(item["at"]),
            ),
            bytes.fromhex(item["digest"]),
        )
        for item in reversed(told)
    ]
    assert first_broken(chain) is None
    assert first_broken([(each._replace(rows=each.rows + 1), digest) for each, digest in chain]) == 0


@pytest.mark.parametrize(
    ("name", "status"), [("reporter", 403), ("operator", 403), ("vault", 403), ("admin", 200)]
)
async def test_only_who_answers_for_the_store_sees_it(stage: Stage, name: Role, status: int) -> None:
    token = add_key(stage.deck.settings.keys_file, name)
    async with stage.client(authorization=f"Bearer {token}") as asker:
        assert (await asker.get(URL)).status_code == status


@pytest.mark.parametrize("query", ["cursor=x", "cursor=9"])
async def test_a_cursor_that_was_never_given_is_refused(stage: Stage, query: str) -> None:
    async with stage.client() as asker:
        answer = await asker.get(f"{URL}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor.bad")
        assert (await asker.get(URL)).json() == {"items": [], "next_cursor": None}
