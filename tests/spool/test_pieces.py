"""Pieces of messages that are not whole: durable, sealed, and gone with the whole."""

import asyncio
from dataclasses import replace
from pathlib import Path

from tests.spool.parts import RECEIVED_MS, capture, event, opened

NAME = "Nguyễn Thị Ánh".encode()


async def test_pieces_outlive_the_process_and_are_joined_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        for text in (b"H|", b"P|", NAME):
            await spool.keep_piece("m1", "fridge-1", text, RECEIVED_MS)
        await spool.keep_piece("m2", "fridge-2", b"other", RECEIVED_MS)
    async with opened(tmp_path / "spool.db") as spool:
        assert await spool.unfinished("fridge-1") == {"m1": b"H|P|" + NAME}
        assert await spool.unfinished("fridge-3") == {}


async def test_the_whole_takes_its_pieces_away_in_its_own_transaction(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        await spool.keep_piece("m1", "fridge-1", b"H|", RECEIVED_MS)
        await spool.keep_piece("m2", "fridge-1", b"H|", RECEIVED_MS)
        whole = capture(b"H|L|", identity=b"i" * 16)
        whole = replace(whole, pieces="m1")
        await spool.commit([event(1)], whole)
        assert list(await spool.unfinished("fridge-1")) == ["m2"]


def test_a_piece_is_sealed(tmp_path: Path) -> None:
    async def keep() -> None:
        async with opened(tmp_path / "spool.db") as spool:
            await spool.keep_piece("m1", "fridge-1", NAME, RECEIVED_MS)

    asyncio.run(keep())
    assert NAME not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
