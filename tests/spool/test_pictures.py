"""Pictures: kept once for all captures that have them, sealed, gone with the last, put back byte for byte."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import apsw
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import OperatorError
from hub.spool import CaptureRecord, Contents, Spool
from hub.spool import pictures as module
from hub.spool.pictures import SHORTEST_BYTES, keep, put_back, take_out
from hub.spool.schema import open_spool
from hub.vault import Sealer
from tests.spool.parts import RECEIVED_MS, SEALER, Execute, capture, opened

KEY = b"k" * 32
CURVE = b64encode(bytes(range(256)) * 12)
OTHER = b64encode(bytes(reversed(range(256))) * 12)
DAY_MS = 86_400_000
SWAPPED = """
    WITH kept AS MATERIALIZED (SELECT n, sealed FROM picture)
    UPDATE picture SET sealed = (SELECT sealed FROM kept WHERE kept.n != picture.n)"""


def message(control: int, *pictures: bytes) -> bytes:
    rows = [b"OBX|%d|ED|Curve||^Image^PNG^Base64^%b||||||F\r" % (n, each) for n, each in enumerate(pictures)]
    return b"MSH|^~\\&|BC-5380|||||||%d\r" % control + b"".join(rows)


def contents(raw: bytes) -> Contents:
    return Contents(raw, "control", "", b"ACK", [])


async def counted(spool: Spool) -> tuple[int, int]:
    """Pictures, and places in captures."""
    sql = "SELECT (SELECT count(*) FROM picture), (SELECT count(*) FROM capture_picture)"
    ((pictures, links),) = await spool._read(sql, ())
    return pictures, links


async def kept(spool: Spool, raw: bytes, received_ms: int = RECEIVED_MS) -> CaptureRecord:
    made = replace(capture(raw), received_ms=received_ms)
    await spool.commit([], made)
    return made


LONG = st.binary(min_size=SHORTEST_BYTES, max_size=2 * SHORTEST_BYTES).map(b64encode)
NEARLY = b"A" * (SHORTEST_BYTES - 1)
PARTS = st.one_of(LONG, st.binary(max_size=80), st.sampled_from([b"|", b"=", NEARLY, CURVE]))
TABLES = """
    CREATE TABLE picture (name, sealed);
    CREATE TABLE capture_picture (capture, picture, UNIQUE (capture, picture));"""


@given(st.lists(PARTS, max_size=7).map(b"".join))
def test_any_message_comes_back_as_it_was(raw: bytes) -> None:
    db = apsw.Connection(":memory:")
    db.execute(TABLES)
    made = contents(raw)
    taken = take_out(made, KEY)
    keep(db, SEALER, b"c", taken.texts)
    assert put_back(db, SEALER, taken.contents) == made


@pytest.mark.parametrize("before", [0, 1, SHORTEST_BYTES - 1, SHORTEST_BYTES, SHORTEST_BYTES + 1, 5000])
@pytest.mark.parametrize("length", [SHORTEST_BYTES - 1, SHORTEST_BYTES, 3 * SHORTEST_BYTES])
def test_a_long_text_is_found_wherever_it_stands(before: int, length: int) -> None:
    raw = b"|" * before + b"A" * length + b"^end"
    taken = take_out(contents(raw), KEY)
    assert list(taken.texts.values()) == ([b"A" * length] if length >= SHORTEST_BYTES else [])
    assert len(taken.contents.raw) == len(raw) - sum(map(len, taken.texts.values()))


def test_their_number_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PICTURES", 2)
    assert (
        len(take_out(contents(b"|".join([CURVE, OTHER, CURVE[4:], CURVE[8:]])), KEY).contents.pictures) == 2
    )


async def test_a_run_that_is_uploaded_again_stores_no_picture_again(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        made = [await kept(spool, message(control, CURVE, OTHER, CURVE)) for control in range(5)]
        assert await counted(spool) == (2, 10)
        for control, each in enumerate(made):
            assert (await spool.load_capture(each.id)).contents == each.contents
            assert each.contents.raw == message(control, CURVE, OTHER, CURVE)
        sealed = await spool._read("SELECT max(length(sealed)) FROM capture", ())
    assert sealed[0][0] < SHORTEST_BYTES
    assert CURVE[:40] not in _bytes_in(tmp_path)


async def test_a_picture_goes_with_its_last_capture(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        await kept(spool, message(1, CURVE, OTHER))
        late = await kept(spool, message(2, CURVE), RECEIVED_MS + DAY_MS)
        keep_ms = spool.limits.keep_captures_days * DAY_MS
        await spool.upkeep(RECEIVED_MS + keep_ms + 1)
        assert await counted(spool) == (1, 1)
        assert (await spool.load_capture(late.id)).contents.raw == message(2, CURVE)
        await spool.upkeep(RECEIVED_MS + DAY_MS + keep_ms + 1)
        assert await counted(spool) == (0, 0)


async def test_a_message_that_was_known_leaves_nothing_behind(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        for _ in range(2):
            await spool.commit([], capture(message(1, CURVE), b"identity"))
        assert await counted(spool) == (1, 1)


async def test_a_replay_keeps_the_pictures(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        made = await kept(spool, message(1, CURVE, OTHER))
        found = await spool.load_capture(made.id)
        await spool.replay(found, [], found.contents, (), "REPLAYED")
        assert await counted(spool) == (2, 2)
        assert (await spool.load_capture(made.id)).contents.raw == message(1, CURVE, OTHER)


async def test_a_picture_of_another_key_is_kept_beside_it_and_opened(tmp_path: Path) -> None:
    """Captures of an edge that came back, under its key."""
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        old = await kept(spool, message(1, CURVE))
    async with opened(path) as spool:
        spool.sealer = Sealer(b"n" * 32, bytes(range(32)))
        new = await kept(spool, message(2, CURVE))
        assert await counted(spool) == (2, 2)
        for made, control in ((old, 1), (new, 2)):
            assert (await spool.load_capture(made.id)).contents.raw == message(control, CURVE)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM picture", "a picture of the capture is gone"),
        ("UPDATE picture SET sealed = zeroblob(3000)", "sealed with another key, or is damaged"),
        (SWAPPED, "sealed with another key, or is damaged"),
    ],
    ids=["gone", "damaged", "swapped"],
)
async def test_a_capture_without_its_pictures_does_not_open(tmp_path: Path, damage: str, told: str) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        made = await kept(spool, message(1, CURVE, OTHER))
        await spool._committer.submit(Execute(damage))
        with pytest.raises(OperatorError, match=told):
            await spool.load_capture(made.id)


async def test_captures_from_before_are_read_as_they_are(tmp_path: Path) -> None:
    """An epihub of schema 5 sealed six fields, pictures and all."""
    db = open_spool(tmp_path / "spool.db")
    whole = message(1, CURVE)
    six = msgspec.msgpack.encode((whole, "control", "", b"ACK", [], []))
    name = b"c" * 16
    db.execute(
        "INSERT INTO capture (id, device, adapter, received_ms, bytes, sealed) VALUES (?,'d','a',?,?,?)",
        (name, RECEIVED_MS, len(whole), SEALER.seal(name, six)),
    )
    db.close()
    async with opened(tmp_path / "spool.db") as spool:
        assert (await spool.load_capture(name)).contents.raw == whole


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())
