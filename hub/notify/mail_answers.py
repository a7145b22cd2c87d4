"""What somebody answered by mail: whose address it came from, and the words of their own. Pure.

Nothing proves an address of a mail: DKIM is not looked at.
"""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr
from typing import NamedTuple

LONGEST_MAIL_BYTES = 64 * 1024  # the beginning of a mail is read, no more
LONGEST_WORDS = 200
MOST_LINES = 1000
MOST_PARTS, DEEPEST = 50, 5
_QUOTED = (">", "|")
_REPLY_MARK = re.compile(r"(?:(?:re|fw|fwd|tl|trả lời)\s*:\s*)+", re.IGNORECASE)  # TL: Outlook in Vietnamese


class MailAnswer(NamedTuple):
    """``words`` begin with OK, or there are none."""

    address: str
    words: str


def answer_of(raw: bytes) -> MailAnswer:
    """Empty where the mail has nothing for us: no address, written by a robot (RFC 3834), no plain text."""
    try:
        message = message_from_bytes(raw[:LONGEST_MAIL_BYTES])
        robot = str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
        address = "" if robot or len(message.get_all("From", [])) != 1 else _address(message)
        return MailAnswer(address, _words(message))
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # The standard library raises any of these for headers and parts that are wrong enough.
        return MailAnswer("", "")


def _address(message: Message) -> str:
    _, address = parseaddr(str(message["From"]))
    return address if address.count("@") == 1 and address.isprintable() else ""


def _words(message: Message) -> str:
    """The first line of its own, if it begins with OK; else the subject, if that does.

    What is quoted above or below holds the notice itself, and with it the words OK and the code.
    """
    own = _own_line(_plain_text(message))
    subject = _REPLY_MARK.sub("", _decoded(str(message.get("Subject", ""))), count=1)
    for line in (own, subject):
        if line.strip().upper().startswith("OK"):
            return line.strip()[:LONGEST_WORDS]
    return ""


def _own_line(text: str) -> str:
    for line in text.splitlines()[:MOST_LINES]:
        own = line.strip()
        # "On Tuesday, … wrote:" stands above a quotation.
        if own and not own.startswith(_QUOTED) and not own.endswith(":"):
            return own
    return ""


def _plain_text(message: Message) -> str:
    waiting, seen = [(message, 0)], 0
    while waiting and seen < MOST_PARTS:
        (part, depth), seen = waiting.pop(0), seen + 1
        if part.is_multipart():
            inner = part.get_payload() if depth < DEEPEST else []
            waiting[:0] = [(each, depth + 1) for each in inner if isinstance(each, Message)]
        elif part.get_content_type() == "text/plain" and part.get_content_disposition() != "attachment":
            content = part.get_payload(decode=True)
            text = content if isinstance(content, bytes) else b""
            return text.decode(part.get_content_charset("utf-8"), "replace")
    return ""


def _decoded(header: str) -> str:
    """RFC 2047."""
    parts = decode_header(header[: LONGEST_WORDS * 4])
    return "".join(
        part.decode(charset or "ascii", "replace") if isinstance(part, bytes) else part
        for part, charset in parts
    )
