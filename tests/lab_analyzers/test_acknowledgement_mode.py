"""Original and enhanced mode: who asks for what gets it, in order, over MLLP (HL7 2.5.1, table 0155)."""

import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.acknowledgement_mode import answers
from adapters.lab_analyzers.mllp import MllpCodec
from hub.contract import Frame, MalformedFrame
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import MSH, adapter, connect, framed, msa, oru, read_answer

NOW_MS = 1_790_000_000_000
LAW = (
    "MSH|^~\\&|X800 DM||HOST||20260404131145+0100||OUL^R22^OUL_R22|{control}|P|2.5.1|||%s"
    "||UNICODE UTF-8|||LAB-29^IHE"
)


def asking(mode: str) -> bytes:
    """A result whose MSH-15 and MSH-16 are ``mode``."""
    return oru("C-1", msh=LAW % mode)


def said(reply: bytes) -> list[str]:
    """MSA-1 of every block of a reply."""
    blocks = [block for block in reply.split(b"\x1c\r") if block]
    assert all(block.startswith(b"\x0bMSH") for block in blocks)
    assert all(msa(block[1:])[1] == "C-1" for block in blocks)
    return [msa(block[1:])[0] for block in blocks]


@pytest.mark.parametrize(
    ("mode", "stored", "not_stored", "refused"),
    [
        ("|", ["AA"], ["AE"], ["AR"]),
        ("NE|AL", ["AA"], ["AE"], ["AR"]),  # cobas 5800, Alinity m, cobas pro
        ("ER|AL", ["AA"], ["CE"], ["CR"]),  # cobas 4800
        ("AL|AL", ["CA", "AA"], ["CE"], ["CR"]),
        ("AL|NE", ["CA"], ["CE"], ["CR"]),
        ("AL|", ["CA"], ["CE"], ["CR"]),
        ("SU|SU", ["CA", "AA"], [], []),
        ("SU|ER", ["CA"], ["AE"], ["AR"]),
        ("ER|ER", [], ["CE"], ["CR"]),
        ("NE|NE", [], [], []),
        ("NE|", ["AA"], ["AE"], ["AR"]),
        ("|AL", ["AA"], ["AE"], ["AR"]),
        ("al|al", ["CA", "AA"], ["CE"], ["CR"]),
        ("XX|7", ["AA"], ["AE"], ["AR"]),
        ('""|""', ["AA"], ["AE"], ["AR"]),
    ],
)
def test_answers_by_mode(mode: str, stored: list[str], not_stored: list[str], refused: list[str]) -> None:
    codec, raw = MllpCodec(lambda: NOW_MS), asking(mode)
    assert said(codec.reply(Frame(raw, "C-1"), accepted=True)) == stored
    assert said(codec.reply(Frame(raw, "C-1"), accepted=False)) == not_stored
    nobodys = MalformedFrame(raw, "link.unmatched", "MSH-3", "C-1")
    assert said(codec.reply(nobodys, accepted=True)) == refused
    assert said(codec.reply(nobodys, accepted=False)) == not_stored


def test_a_header_that_cannot_be_read_is_answered_in_original_mode() -> None:
    assert answers(b"no MSH", "refused") == ("AR",)
    assert answers(b"MSH|^~\\&|A||||||||P|2.5.1|||AL|NE", "refused") == ("AR",)


def test_ihe_law_answer() -> None:
    """LAB-29: ACK^R22 with the message profile and charset of the message, MSH-15 and MSH-16 empty."""
    (block,) = (
        MllpCodec(lambda: NOW_MS).reply(Frame(asking("NE|AL"), "C-1"), accepted=True).split(b"\x1c\r")[:-1]
    )
    parsed = parse_message(block[1:].decode())
    assert parsed.msh.msh_9.to_er7() == "ACK^R22^ACK"
    assert parsed.msh.msh_21.to_er7() == "LAB-29^IHE"
    assert parsed.msh.msh_18.to_er7() == "UNICODE UTF-8"
    assert (parsed.msh.msh_15.to_er7(), parsed.msh.msh_16.to_er7()) == ("", "")


def test_the_two_answers_have_ids_of_their_own() -> None:
    reply = MllpCodec(lambda: NOW_MS).reply(Frame(asking("AL|AL"), "C-1"), accepted=True)
    first, second, _ = reply.split(b"\x1c\r")
    assert first.split(b"|")[9] != second.split(b"|")[9]


@given(st.binary(max_size=40), st.sampled_from(["stored", "not_stored", "refused"]))
def test_never_more_than_two_and_a_refusal_once(mode: bytes, outcome: str) -> None:
    raw = oru(msh=MSH + "|||").replace(b"2.5.1||||||UNICODE UTF-8", b"2.5.1|||" + mode)
    found = answers(raw, outcome)  # type: ignore[arg-type]
    assert len(found) <= (2 if outcome == "stored" else 1)


async def test_both_answers_come_over_the_line_and_come_again_for_a_resend() -> None:
    outlet = MemoryOutlet()
    device = adapter(outlet)
    async with running(device):
        reader, writer = await connect(device.config.port)
        said_twice = []
        for _ in range(2):
            writer.write(framed(asking("AL|AL")))
            said_twice.append([msa(await read_answer(reader)), msa(await read_answer(reader))])
        writer.close()
    assert said_twice == [[("CA", "C-1"), ("AA", "C-1")]] * 2
    assert len(outlet.facts) == 1
