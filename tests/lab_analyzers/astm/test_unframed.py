"""Records that come without frames: a message from H to L, however it is cut; nothing is ever said."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers import astm_unframed
from adapters.lab_analyzers.astm.unframed import RecordsCodec
from adapters.lab_analyzers.astm_serial import AstmSerialConfig
from hub.contract import Frame, MalformedFrame
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.lab_analyzers.astm.device import PATIENCE_SECONDS, Device, adapter, config, records

ONE, TWO = b"".join(records("S1")), b"".join(records("S2"))
BARE = b"H|\\^&|||X\rO|1|S3\rR|1|^^^A|5\r"
FILLED = b"\x05\r\n \x04"
MOST = 4096


def read(*chunks: bytes, most: int = MOST) -> list[tuple[str, bytes]]:
    """Reason ("" for a message) and bytes of what comes out, the end of the line included."""
    codec, found = RecordsCodec(most, noise_max_bytes=200), list[Frame | MalformedFrame]()
    for chunk in chunks:
        found += codec.feed(chunk)
    found += codec.close()
    assert not codec.pending
    return [(one.reason if isinstance(one, MalformedFrame) else "", one.raw) for one in found]


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (ONE, [("", ONE)]),
        (ONE + TWO, [("", ONE), ("", TWO)]),
        (FILLED + ONE + FILLED + TWO + FILLED, [("", ONE), ("", TWO)]),
        (ONE[:-1], [("", ONE[:-1])]),
        (ONE.replace(b"\r", b"\r\n"), [("", ONE.replace(b"\r", b"\r\n")[:-1])]),
        (BARE + ONE, [("", BARE), ("", ONE)]),
        (BARE, [("astm.line_closed", BARE.strip())]),
        (b"HELLO\r" + ONE, [("astm.noise", b"HELLO\r"), ("", ONE)]),
        (ONE + b"garbage", [("", ONE), ("astm.line_closed", b"garbage")]),
        (FILLED, []),
        (b"H|\\^&\r" + b"C|1\r" * 2000, [("astm.too_large", (b"H|\\^&\r" + b"C|1\r" * 2000)[:MOST])]),
    ],
)
def test_messages_of_a_stream(stream: bytes, found: list[tuple[str, bytes]]) -> None:
    assert read(stream)[: len(found)] == found
    assert read(*(stream[at : at + 1] for at in range(len(stream))))[: len(found)] == found


PARTS = st.sampled_from([ONE, TWO, BARE, FILLED, b"H", b"L|1|N", b"\r", b"\n", b"noise", b"H|", b"x" * 500])


@given(st.lists(PARTS, max_size=8).map(b"".join), st.lists(st.integers(0, 5_000), max_size=6))
def test_any_cut_gives_the_same_and_loses_nothing(stream: bytes, cuts: list[int]) -> None:
    whole = read(stream)
    places = sorted({0, *(cut for cut in cuts if cut < len(stream)), len(stream)})
    assert read(*(stream[a:b] for a, b in pairwise(places))) == whole
    kept = b"".join(raw for _, raw in whole)
    fillers = b" \t\r\n\x00\x04\x05"
    assert kept.translate(None, fillers) == stream.translate(None, fillers)


def test_silence_ends_what_lacks_nothing_but_the_end_of_its_line() -> None:
    codec = RecordsCodec(MOST)
    assert list(codec.feed(ONE[:-1])) == []
    assert codec.pending
    assert list(codec.flush()) == [Frame(ONE[:-1])]
    assert list(codec.feed(BARE)) == []
    (cut,) = codec.flush()
    assert isinstance(cut, MalformedFrame)
    assert (cut.reason, cut.raw) == ("astm.silence", BARE.strip())


UNFRAMED = {"link": {"framing": "none"}}


async def test_over_a_line_results_are_taken_and_nothing_is_said() -> None:
    outlet = MemoryOutlet()
    made = adapter(outlet, **UNFRAMED)
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        device = await Device.dial(made.config.port)
        for at in range(0, len(ONE + TWO), 50):
            device.writer.write((ONE + TWO)[at : at + 50])
            await device.writer.drain()
        device.writer.write(b"H|\\^&\rQ|1|^S1||||||||||O\rL|1|N\r" + BARE[:20])
        assert await device.hang_up() == b""
    assert [fact.key.split("|")[0] for fact in outlet.facts] == ["S1", "S2"]
    assert [entry.frame.raw for entry in outlet.committed if entry.frame][:2] == [ONE, TWO]
    assert [kept.reason for kept in outlet.quarantined] == ["astm.line_closed"]
    assert outlet.states == [("ONLINE", "")]


async def test_what_cannot_be_stored_waits_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine would not send it again."""
    monkeypatch.setattr(astm_unframed, "AGAIN_SECONDS", 0.001)
    outlet = MemoryOutlet(refuse=True)
    made = adapter(outlet, **UNFRAMED)
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        device = await Device.dial(made.config.port)
        device.writer.write(ONE + TWO)
        for _ in range(3):
            await outlet.queued.get()
        assert not outlet.facts
        outlet.refuse = False
        await until(lambda: len(outlet.facts) == 2, "both are stored")
        device.writer.close()


async def test_another_machines_records_are_kept_with_the_reason() -> None:
    outlet = MemoryOutlet()
    made = adapter(outlet, match={"sender": "OTHER"}, **UNFRAMED)
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        device = await Device.dial(made.config.port)
        device.writer.write(ONE)
        assert await device.hang_up() == b""
    assert [kept.reason for kept in outlet.quarantined] == ["link.unmatched"]


def test_nothing_can_be_sent_on_such_a_line() -> None:
    with pytest.raises(ValueError, match="nothing is sent on a line without frames"):
        config(orders="download", profile="sysmex-xn", **UNFRAMED)
    serial = {"id": "a", "site": "b", "kind": "astm_serial", "path": "/dev/x", "profile": "sysmex-xn"}
    with pytest.raises(ValueError, match="nothing is sent on a line without frames"):
        AstmSerialConfig.model_validate(serial | {"orders": "download"} | UNFRAMED)
