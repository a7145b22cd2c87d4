"""Results as they reach another laboratory system over MLLP: each until it says AA."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.feeds.contract import Message, Opened
from hub.feeds.kinds.oru import open_feed
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import From, lab
from tests.feeds.peers import Receiver, running
from tests.feeds.results import messages, settings


def feed(port: int) -> Opened:
    return open_feed(settings("oru", url=f"mllp://127.0.0.1:{port}", receiving_application="LIS"))


@pytest.fixture
async def sent(tmp_path: Path) -> AsyncIterator[list[Message]]:
    """A result, its correction, and another one."""
    store, reader = SqliteStore(tmp_path / "e.db"), SqliteReader(tmp_path / "e.db")
    await store.open()
    await reader.open()
    first, corrected = lab("S-1", call="POS"), lab("S-1", From(seq=2), call="NEG", status="C")
    yield await messages(feed(1), store, reader, first, corrected, lab("S-2", From(seq=3)))
    await reader.close()
    await store.close()


async def test_what_stands_is_heard_once_each(sent: list[Message]) -> None:
    peer = Receiver()
    async with running(peer):
        opened = feed(peer.port)
        assert [(await opened.line.send(each)).outcome for each in sent] == ["taken"] * 3
        await opened.line.close()
    assert len(peer.kept) == 2  # the event before its correction is sent as the correction: one control id
    corrected, other = peer.kept.values()
    assert "260415000^Not detected^SCT" in corrected
    assert "|C|" in corrected
    assert "^S-2|" in other


@pytest.mark.parametrize(("code", "outcome"), [("AE", "again"), ("AR", "dead"), ("CR", "dead")])
async def test_what_a_refusal_means(sent: list[Message], code: str, outcome: str) -> None:
    peer = Receiver(code=code)
    async with running(peer):
        opened = feed(peer.port)
        answer = await opened.line.send(sent[0])
        assert answer == (outcome, f"mllp.{code}", None)
        await opened.line.close()


async def test_a_receiver_that_comes_back_is_dialled_again(sent: list[Message]) -> None:
    peer = Receiver()
    async with running(peer):
        opened = feed(peer.port)
    assert (await opened.line.send(sent[0])).outcome == "again"
    async with running(peer):
        assert (await opened.line.send(sent[0])).outcome == "taken"
        await opened.line.close()


async def test_nobody_there_is_tried_again(sent: list[Message]) -> None:
    opened = feed(9)
    assert await opened.line.send(sent[0]) == ("again", "no_answer", None)
    await opened.line.close()


def test_options_that_are_not_known_are_refused() -> None:
    with pytest.raises(ValueError, match="url"):
        open_feed(settings("oru"))
