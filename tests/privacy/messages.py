"""The marked patients' messages as a hospital would send them: several charsets, and many of them broken."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from simulators.lab.canary import canary_messages
from tests.privacy.traces import tones_apart

AT = datetime(2021, 8, 5, 7, 30, tzinfo=UTC)
START, END = b"\x0b", b"\x1c\r"


class Marked(NamedTuple):
    """Bytes for the line (framing included) and whom they name; ``answered``: an ACK comes back."""

    sent: bytes
    identities: tuple[str, ...]
    answered: bool = True


def marked_messages(count: int, seed: int) -> list[Marked]:
    """Each patient's message whole in one of the charsets, and once more broken in one of the ways."""
    marked = []
    for number, (control, message, identities) in enumerate(canary_messages(count, seed, at=AT)):
        charset, broken = CHARSETS[number % len(CHARSETS)], BREAKAGES[number % len(BREAKAGES)]
        marked.append(Marked(START + charset(message) + END, identities))
        sent = broken(_renamed(message, control), identities)
        marked.append(Marked(sent, identities, answered=sent.endswith(END)))
    return marked


def _renamed(message: bytes, control: str) -> bytes:
    """The same message under another control id, so that it is no repetition."""
    return message.replace(f"|{control}|".encode(), f"|{control}B|".encode(), 1)


def _nfd(message: bytes) -> bytes:
    return unicodedata.normalize("NFD", message.decode()).encode()


def _undeclared_windows(message: bytes) -> bytes:
    """Windows-1258 and no MSH-18."""
    return tones_apart(message.decode()).replace("|UNICODE UTF-8", "").encode("cp1258", "replace")


def _declared_latin(message: bytes) -> bytes:
    """An old machine: 8859/1 with the name's letters as far as Latin-1 has them."""
    text = message.decode().replace("UNICODE UTF-8", "8859/1")
    return text.encode("latin-1", "replace")


CHARSETS: tuple[Callable[[bytes], bytes], ...] = (bytes, _nfd, _undeclared_windows, _declared_latin)


def _no_header(message: bytes, _who: tuple[str, ...]) -> bytes:
    return START + message.partition(b"\r")[2] + END


def _no_control_id(message: bytes, _who: tuple[str, ...]) -> bytes:
    fields = message.split(b"|")
    return START + b"|".join([*fields[:9], b"", *fields[10:]]) + END


def _unsupported(message: bytes, _who: tuple[str, ...]) -> bytes:
    return START + message.replace(b"ORU^R01^ORU_R01", b"ADT^A01^ADT_A01") + END


def _no_results(message: bytes, _who: tuple[str, ...]) -> bytes:
    kept = [segment for segment in message.split(b"\r") if not segment.startswith(b"OBX")]
    return START + b"\r".join(kept) + END


def _noise(message: bytes, _who: tuple[str, ...]) -> bytes:
    """No VT, no MSH: bytes between the blocks."""
    return message.partition(b"\r")[2].replace(b"\r", b"\n") + b"\n"


def _interrupted(message: bytes, _who: tuple[str, ...]) -> bytes:
    """The sender gave up half-way; the next message's VT tells."""
    return START + message[: len(message) * 3 // 4]


def _named_control_id(message: bytes, who: tuple[str, ...]) -> bytes:
    """Somebody made the control id of the patient's name and number."""
    return START + _with_field(message, b"MSH", 9, f"{who[0]} {who[2]}") + END


def _named_test(message: bytes, who: tuple[str, ...]) -> bytes:
    """The name in the order's test code and in the sender: typed into the wrong boxes of a form."""
    typed = _with_field(message, b"OBR", 4, f"{who[0]}^{who[3]}^L")
    return START + _with_field(typed, b"MSH", 2, who[0]) + END


def _named_result(message: bytes, who: tuple[str, ...]) -> bytes:
    """The name and the phone number as result, unit and equipment of an observation."""
    typed = _with_field(_with_field(message, b"OBX", 5, f"{who[0]} {who[3]}"), b"OBX", 6, who[3])
    return START + _with_field(typed, b"OBX", 18, f"{who[1]}^{who[2]}") + END


def _not_text(message: bytes, _who: tuple[str, ...]) -> bytes:
    return START + message.replace(b"\rPID|", b"\r\xff\xfe\x00PID|") + END


BREAKAGES: tuple[Callable[[bytes, tuple[str, ...]], bytes], ...] = (
    _no_header,
    _no_control_id,
    _unsupported,
    _no_results,
    _noise,
    _interrupted,
    _named_control_id,
    _named_test,
    _named_result,
    _not_text,
)


def _with_field(message: bytes, segment: bytes, number: int, text: str) -> bytes:
    """The first ``segment`` with a field (by its place when cut at the separator) that reads ``text``."""
    lines = message.split(b"\r")
    at = next(index for index, line in enumerate(lines) if line.startswith(segment))
    fields = lines[at].split(b"|")
    fields += [b""] * (number + 1 - len(fields))
    fields[number] = text.encode()
    lines[at] = b"|".join(fields)
    return b"\r".join(lines)
