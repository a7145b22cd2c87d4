"""Devices that share a port: each frame goes to exactly one of them, or to nobody."""

import asyncio
from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from tests.background import background
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import MSH, PATIENCE_SECONDS, config, connect, framed, msa, oru, read_answer
from tests.ports import free_port


async def sent_to(members: Sequence[Hl7Mllp], *messages: bytes) -> list[tuple[str, str]]:
    async with background(Hl7Mllp.run_shared(members)):
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await connect(members[0].config.port)
            writer.write(b"".join(map(framed, messages)))
            answers = [msa(await read_answer(reader)) for _ in messages]
            writer.close()
            return answers


def members(*matches: dict[str, object]) -> tuple[list[Hl7Mllp], list[MemoryOutlet]]:
    port = free_port()
    outlets = [MemoryOutlet() for _ in matches]
    devices = [
        Hl7Mllp(config(id=f"xp-{index}", port=port, match=match), outlet)
        for index, (match, outlet) in enumerate(zip(matches, outlets, strict=True))
    ]
    assert len({device.link() for device in devices}) == 1
    return devices, outlets


def sender(name: str) -> bytes:
    return oru("M1", msh=MSH.replace("|XP|", f"|{name}|"))


async def test_by_sender() -> None:
    devices, outlets = members({"sender": "XP-A"}, {"sender": "GENEXPERT^*"})
    answers = await sent_to(devices, sender("XP-A^1^L"), sender("GENEXPERT^7"))
    assert answers == [("AA", "M1"), ("AA", "M1")]
    assert [len(outlet.facts) for outlet in outlets] == [1, 1]
    assert [outlet.states for outlet in outlets] == [[("ONLINE", "")], [("ONLINE", "")]]


async def test_by_facility() -> None:
    devices, outlets = members({"facility": "LAB"}, {"facility": "LAB2"})
    await sent_to(devices, oru())
    assert [len(outlet.facts) for outlet in outlets] == [1, 0]


async def test_by_peer() -> None:
    devices, outlets = members({"peer": "10.0.0.0/8"}, {"peer": "127.0.0.0/8"})
    assert await sent_to(devices, oru()) == [("AA", "M1")]
    assert [len(outlet.facts) for outlet in outlets] == [0, 1]
    (entry,) = outlets[1].committed
    assert entry.frame is not None
    assert entry.frame.origin == "127.0.0.1"


@pytest.mark.parametrize(
    ("matches", "reason"),
    [
        ([{"sender": "A"}, {"sender": "B"}], "link.unmatched"),
        ([{"peer": "10.0.0.0/8"}, {"sender": "B"}], "link.unmatched"),
        ([{"sender": "X*"}, {"sender": "XP"}], "link.ambiguous"),
        ([{}, {"sender": "XP"}], "link.ambiguous"),
        ([{"sender": "OTHER"}], "link.unmatched"),
    ],
)
async def test_what_fits_none_or_several_is_never_guessed(
    matches: list[dict[str, object]], reason: str
) -> None:
    devices, outlets = members(*matches)
    assert await sent_to(devices, oru()) == [("AR", "M1")]
    entries = [entry for outlet in outlets for entry in outlet.committed]
    assert [(e.malformed.reason, e.malformed.raw, e.attributed) for e in entries if e.malformed] == [
        (reason, oru(), False)
    ]
    assert not any(outlet.facts for outlet in outlets)


async def test_unreadable_bytes_belong_to_the_only_device_that_can_have_sent_them() -> None:
    devices, outlets = members({"peer": "10.0.0.0/8"}, {"peer": "127.0.0.0/8"})
    assert await sent_to(devices, b"junk") == [("AR", "")]
    assert [[e.attributed for e in outlet.committed] for outlet in outlets] == [[], [True]]
    devices, outlets = members({"sender": "A"}, {"sender": "B"})
    assert await sent_to(devices, b"junk") == [("AR", "")]
    assert [[e.attributed for e in outlet.committed] for outlet in outlets] == [[False], []]


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "0.0.0.0"},
        {"profile": "no-such-profile"},
        {"timezone": "Asia/Nowhere"},
        {"charset": "utf-16"},
        {"charset": "rot13"},
        {"match": {"peer": "10.0.0.300/8"}},
        {"port": 0},
        {"frame_max_bytes": 10},
        {"unknown": 1},
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        config(**settings)


def test_off_loopback_with_peers() -> None:
    assert config(host="0.0.0.0", peers=["10.1.2.0/24"]).peers


@pytest.mark.parametrize(
    ("peer", "fits"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
        ("fe80::1%eth0", False),
        ("?", False),
    ],
)
def test_peer_addresses(peer: str, fits: bool) -> None:
    device = Hl7Mllp(config(match={"peer": "10.1.0.0/16"}), MemoryOutlet())
    assert device.fits_peer(peer) is fits
