"""Pictures inside a message: found by a person who asks, each once, bounded, and in no event."""

import zlib
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers import pictures as module
from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from adapters.lab_analyzers.pictures import kind_of, pictures
from hub.contract import Frame
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import oru
from tests.lab_analyzers.test_file_drop import adapter_of
from tests.lab_analyzers.test_mllp_on_the_spool import outlet_on
from tests.spool.parts import opened

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
BMP = b"BM" + b"\x00\xff" * 500


def row(number: int, content: bytes | str, encoding: str = "Base64", kind: str = "ED") -> str:
    data = content if isinstance(content, str) else b64encode(content).decode()
    return f"OBX|{number}|{kind}|15008^WBC Histogram. BMP^99MRC||^Image^BMP^{encoding}^{data}||||||F"


def message(*rows: str) -> bytes:
    return oru(obx=["OBX|1|ST|WBC||NEG||||||F", *rows], obr="OBR|1|O|S|WBC")


def test_a_picture_is_found_once_by_what_it_is() -> None:
    raw = message(row(2, PNG), row(3, BMP), row(4, PNG), row(5, b"%PDF-1.4"))
    found = pictures(raw)
    assert [(one.place, one.kind, one.content) for one in found] == [
        ("segment 5", "image/png", PNG),
        ("segment 6", "image/bmp", BMP),
        ("segment 8", "application/octet-stream", b"%PDF-1.4"),
    ]
    assert [one.sha256 for one in found] == [sha256(one.content).hexdigest() for one in found]


@pytest.mark.parametrize(
    "made",
    [row(2, PNG, encoding="A"), row(2, PNG, kind="ST"), row(2, "Qk"), row(2, ""), "OBX|2|ED",
     "OBX|2|ED|||^^^Base64"],
    ids=["text", "type", "cut", "empty", "bare", "no-data"],
)  # fmt: skip
def test_what_is_no_picture_is_none(made: str) -> None:
    assert pictures(message(made)) == ()


def test_their_number_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [row(at, b"BM%d" % at) for at in range(module.MAX_PICTURES + 20)]
    assert len(pictures(message(*many))) == module.MAX_PICTURES
    monkeypatch.setattr(module, "MAX_PICTURE_BYTES", 100)
    assert pictures(message(row(2, b"BM" + b"x" * 150))) == ()


def test_adapters_find_them_where_hl7_comes(tmp_path: Path) -> None:
    raw = message(row(2, PNG))
    config = Hl7MllpConfig(id="bc-1", site="bv", kind="hl7_mllp")
    for adapter in (Hl7Mllp(config, MemoryOutlet()), adapter_of(tmp_path, MemoryOutlet())):
        assert [one.content for one in adapter.pictures(Frame(raw))] == [PNG]
        assert adapter.pictures(Frame(b"no message")) == ()


@given(st.binary(max_size=200))
def test_any_bytes_never_raise(garbage: bytes) -> None:
    kind_of(garbage)
    for raw in (
        garbage,
        message(row(2, PNG))[:150] + garbage,
        message() + b"OBX|3|ED|||^^^base64^" + garbage,
    ):
        assert all(one.content for one in pictures(raw))


def test_a_picture_stays_out_of_events() -> None:
    adapter = Hl7Mllp(Hl7MllpConfig(id="bc-1", site="bv", kind="hl7_mllp"), MemoryOutlet())
    meaning = adapter.interpret(Frame(message(row(2, zlib.compress(PNG)))), 1_790_000_000_000)
    assert len(meaning.facts) == 1
    assert b64encode(zlib.compress(PNG)).decode()[:20] not in repr(meaning.facts)


async def test_a_run_that_is_sent_again_brings_no_picture_again(tmp_path: Path) -> None:
    """Under a new control id, the next day: another message with the same pictures."""
    curves = [row(2, PNG * 2), row(3, BMP * 3)]
    async with opened(tmp_path / "spool.db") as spool:
        adapter = Hl7Mllp(Hl7MllpConfig(id="bc-1", site="bv", kind="hl7_mllp"), outlet_on(spool))
        for control in ("M1", "M2"):
            raw = message(*curves).replace(b"|M1|", b"|%b|" % control.encode())
            meaning = adapter.interpret(Frame(raw, control), 1_790_000_000_000)
            await adapter.outlet.emit(*meaning.facts, frame=Frame(raw, control), reply=b"AA")
        captures = await spool._read("SELECT id FROM capture ORDER BY n", ())
        assert await spool._read("SELECT count(*) FROM picture", ()) == [(2,)]
        found = [(await spool.load_capture(name)).contents for (name,) in captures]
        assert [each.control for each in found] == ["M1", "M2"]
        for each in found:
            shown = adapter.pictures(Frame(each.raw, each.control))
            assert [one.content for one in shown] == [PNG * 2, BMP * 3]
