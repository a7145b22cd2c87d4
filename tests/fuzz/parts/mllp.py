"""What the MLLP codec promises of any bytes, as receiver and as sender."""

from collections.abc import Iterable, Iterator

from adapters.lab_analyzers.er7 import Header, read_header
from adapters.lab_analyzers.mllp import FRAME_MAX_BYTES, MllpCodec
from adapters.lab_analyzers.mllp_sender import MllpSender
from hub.contract import Frame, MalformedFrame, Settled
from tests.fuzz.parts.cost import CHUNK_BYTES
from tests.fuzz.parts.target import pieces, random_of, require

GOOD = b"MSH|^~\\&|A|B|C|D|20260301||ORU^R01|LAST|P|2.5.1\rOBR|1|O|S|T\r"
MARKS = b"\x0b\x1c\r\n\t\f \0"
Found = Frame | MalformedFrame


def codec(limit: int = FRAME_MAX_BYTES) -> MllpCodec:
    return MllpCodec(lambda: 1_790_000_000_000, limit)


def fed(chunks: Iterable[bytes], line: MllpCodec) -> list[Found]:
    found = [item for chunk in chunks for item in line.feed(chunk)]
    return found + list(line.close())


def told(found: Iterable[Found]) -> list[tuple[str, bytes]]:
    return [(item.reason if isinstance(item, MalformedFrame) else "", item.raw) for item in found]


def check(data: bytes) -> None:
    """Any cut gives the same blocks, no byte is lost, every block has one well-formed answer."""
    random = random_of(data)
    limit = random.choice((16, 300, FRAME_MAX_BYTES))
    whole = fed([data], codec(limit))
    require(told(fed(pieces(data, random), codec(limit))) == told(whole), "any cut gives the same blocks")
    if limit == FRAME_MAX_BYTES:
        kept = b"".join(item.raw for item in whole)
        require(kept.translate(None, MARKS) == data.translate(None, MARKS), "no byte is lost")
    for item in whole:
        _check_answers(item)
    _check_silences(data)
    _check_next(data)


def _check_silences(data: bytes) -> None:
    """The line falls silent anywhere: blocks may end elsewhere, and still nothing is lost."""
    random, line, found = random_of(data), codec(), []
    for chunk in pieces(data, random):
        found += [*line.feed(chunk), *(line.flush() if random.random() < 0.5 else ())]
    found += line.close()
    kept = b"".join(item.raw for item in found)
    require(kept.translate(None, MARKS) == data.translate(None, MARKS), "silence loses no byte")


def _check_next(data: bytes) -> None:
    line = codec()
    fed([data], line)
    require(not line.pending, "nothing is left after close")
    require(told(line.feed(b"\x0b" + GOOD + b"\x1c\r")) == [("", GOOD)], "the next block is read")


def _check_answers(item: Found) -> None:
    line = codec()
    for accepted in (True, False):
        answer = line.reply(item, accepted=accepted)
        for block in answer.split(b"\x1c\r")[:-1]:
            require(block[:1] == b"\x0b" and not set(block[1:]) & {0x0B, 0x1C}, "an answer is one block")
            require(b"\rMSA" in block, "an answer says what it answers")
        require(not answer or answer.endswith(b"\x1c\r"), "an answer is sent to its end")
        if answer and isinstance(item, Frame):
            header = read_header(answer[1:].split(b"\x1c", 1)[0])
            require(isinstance(header, Header), "an answer can be read")


def work(data: bytes) -> None:
    line = codec()
    for item in [*line.feed(data), *line.close()]:
        line.reply(item, accepted=True)


def feed_endless(start: bytes, more: bytes, size: int, cap: int) -> Iterator[None]:
    """One connection: ``start``, then ``more`` again and again."""
    line = codec(cap)
    chunk = (more * (CHUNK_BYTES // len(more) + 1))[:CHUNK_BYTES]
    for part in (start, *(chunk for _ in range(size // CHUNK_BYTES))):
        for item in line.feed(part):
            line.reply(item, accepted=True)
            del item
        yield


def check_sender(data: bytes) -> None:
    """Whatever the other side says, one message is settled at most once, and only by its own answer."""
    random, sender, now = random_of(data), MllpSender(5.0), 0.0
    steps = sender.send(GOOD, now)
    for chunk in pieces(data, random):
        steps += sender.receive(chunk, now)
        now += random.choice((0.0, 0.3, 6.0))
        steps += sender.tick(now)
    steps += sender.tick(now + 60)
    settled = [step for step in steps if isinstance(step, Settled)]
    require(len(settled) == 1, "one message is settled once")
    if settled[0].outcome == "DELIVERED":
        require(b"LAST" in data and b"AA" in data, "only its own answer says that it is delivered")
    sender.send(GOOD, now + 60)


def work_sender(data: bytes) -> None:
    sender = MllpSender(5.0)
    sender.send(GOOD, 0.0)
    sender.receive(data, 0.0)
    sender.tick(10.0)
