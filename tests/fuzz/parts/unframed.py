"""What records without frames promise: any cut gives the same, no byte is lost. And what tells refusals."""

from collections.abc import Iterable

from adapters.lab_analyzers.astm.refusals import MAX_REFUSALS, ends_with_error, read_refusals
from adapters.lab_analyzers.astm.unframed import RecordsCodec
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, MalformedFrame
from tests.fuzz.parts.target import pieces, random_of, require

FILLERS = bytes(range(0x21))
MOST, MOST_NOISE = 2048, 256
PROFILE = load_profile("genexpert")


def check(data: bytes) -> None:
    """Silence is a cut of the time, not of the bytes: only the end of the line is tried."""
    whole = messages([data])
    require(messages(pieces(data, random_of(data))) == whole, "any cut gives the same messages")
    kept = b"".join(found.raw for found in whole)
    require(kept.translate(None, FILLERS) == data.translate(None, FILLERS), "no byte is lost")
    require(all(len(found.raw) <= MOST for found in whole), "no message is over the limit")


def messages(chunks: Iterable[bytes]) -> list[Frame | MalformedFrame]:
    codec = RecordsCodec(MOST, MOST_NOISE)
    found = [each for chunk in chunks for each in codec.feed(chunk)]
    return [*found, *codec.close()]


def work(data: bytes) -> None:
    codec = RecordsCodec(1 << 20)
    for at in range(0, len(data), 4096):
        list(codec.feed(data[at : at + 4096]))
    list(codec.close())


def check_refusals(data: bytes) -> None:
    """Whatever it says, each refusal names a specimen, and there are only so many."""
    found = read_refusals(data, PROFILE)
    require(len(found) <= MAX_REFUSALS, "refusals are bounded")
    require(all(each.specimen and "" not in each.tests for each in found), "a refusal says of what")
    ends_with_error(data)
