"""A message is known while its capture is kept: whatever was indexed, deleted, undone or read back."""

from pathlib import Path

import apsw
from hypothesis import given
from hypothesis import strategies as st

from hub.spool.intake import CaptureRecord
from hub.spool.known_messages import KnownMessages
from hub.spool.schema import migrate
from tests.spool.parts import RECEIVED_MS, capture, event, opened

KEPT_MS = 1000 * 24 * 3_600_000
NAMES = [bytes([number]) * 32 for number in range(12)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("comes"), st.sampled_from(NAMES)),
        st.tuples(st.just("is undone"), st.sampled_from(NAMES)),
        st.tuples(st.just("goes"), st.sampled_from(NAMES)),
        st.tuples(st.just("starts again"), st.just(b"")),
    ),
    max_size=60,
)
_INSERT = """INSERT INTO capture (id, device, adapter, received_ms, bytes, identity, sealed)
    VALUES (randomblob(16), 'd', 'a', 0, 0, ?, x'')"""


class Kept:
    """The tables of a spool, and what a plain dictionary says of them."""

    def __init__(self, most_lagging: int) -> None:
        self.most_lagging = most_lagging
        self.db = apsw.Connection(":memory:")
        migrate(self.db)
        self.model: dict[bytes, int] = {}
        self.start()

    def start(self) -> None:
        self.known = KnownMessages(self.most_lagging)
        self.known.load(self.db)

    def take(self, name: bytes) -> int | None:
        if self.known.find(self.db, name):
            return None
        self.db.execute(_INSERT, (name,))
        number = self.db.last_insert_rowid()
        self.known.add(self.db, name, number)
        return number

    def comes(self, name: bytes) -> None:
        with self.db:
            number = self.take(name)
        if number:
            self.model[name] = number

    def is_undone(self, name: bytes) -> None:
        self.db.execute("BEGIN")
        self.take(name)
        self.db.execute("ROLLBACK")
        self.known.load(self.db)

    def goes(self, name: bytes) -> None:
        if self.model.pop(name, None):
            with self.db:
                self.db.execute("DELETE FROM capture WHERE identity = ?", (name,))
                self.known.forget(self.db, [name])


@given(steps=STEPS, most_lagging=st.integers(1, 5))
def test_what_is_kept_is_known_and_nothing_else(steps: list[tuple[str, bytes]], most_lagging: int) -> None:
    kept = Kept(most_lagging)
    does = {"comes": kept.comes, "is undone": kept.is_undone, "goes": kept.goes}
    for step, name in steps:
        does[step](name) if name else kept.start()
        assert {one: number for one in NAMES if (number := kept.known.find(kept.db, one))} == kept.model


async def test_a_repeated_message_has_its_reply_for_as_long_as_its_capture_is_kept(tmp_path: Path) -> None:
    def told(reply: bytes) -> CaptureRecord:
        return capture(b"message", b"i" * 32, reply)

    async with opened(tmp_path / "spool.db") as spool:
        await spool.commit([event(1)], told(b"stored"))
    async with opened(tmp_path / "spool.db") as spool:
        again = await spool.commit([event(1)], told(b"other"))
        assert (again.repeated, again.reply) == (True, b"stored")
        await spool.upkeep(RECEIVED_MS + KEPT_MS)
        assert not (await spool.commit([event(2)], told(b"anew"))).repeated
        assert (await spool.commit([event(2)], told(b"other"))).reply == b"anew"
