"""Answers in a mailbox: what is unread is read by IMAP (RFC 9051), and marked as seen once it was heard."""

import imaplib
import ssl
from collections.abc import Callable
from contextlib import suppress

from hub.notify.mail_answers import LONGEST_MAIL_BYTES, MailAnswer, answer_of
from hub.notify.settings import Mailbox

MOST_AT_ONCE = 50
# A mail's beginning and what stands around it; a server that announces more is not listened to.
_MOST_LITERAL_BYTES = LONGEST_MAIL_BYTES * 2
_UNREAD = "UNSEEN UNDELETED"


class MailboxFault(Exception):
    """The text is a code of ours: imap.login, imap.folder, imap.refused."""


class _Bounded:
    """A part of imaplib's classes: reads no more at once than a mail may have."""

    def read(self, size: int) -> bytes:
        if size > _MOST_LITERAL_BYTES:
            raise imaplib.IMAP4.abort("more than was asked for")
        return bytes(super().read(size))  # type: ignore[misc]


class _Plain(_Bounded, imaplib.IMAP4):
    pass


class _Tls(_Bounded, imaplib.IMAP4_SSL):
    pass


def read_answers(mailbox: Mailbox, ca_file: str, seconds: float, heard: Callable[[MailAnswer], None]) -> None:
    """Give each unread mail to ``heard``, then mark it; one that ``heard`` raises for stays unread.

    For a worker thread; raises OSError and MailboxFault.
    """
    try:
        server = _open(mailbox, ca_file, seconds)
        try:
            for uid in _unread(server, mailbox):
                heard(answer_of(_beginning(server, uid)))
                _done(server.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)"))
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()
    except imaplib.IMAP4.error as error:
        raise ConnectionError("imap") from error


def _open(mailbox: Mailbox, ca_file: str, seconds: float) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=ca_file or None)
    server: imaplib.IMAP4
    if mailbox.security == "tls":
        server = _Tls(mailbox.host, mailbox.port, ssl_context=context, timeout=seconds)
    else:
        server = _Plain(mailbox.host, mailbox.port, timeout=seconds)
    try:
        if mailbox.security == "starttls":
            server.starttls(context)
        _log_in(server, mailbox)
    except BaseException:
        server.shutdown()
        raise
    return server


def _log_in(server: imaplib.IMAP4, mailbox: Mailbox) -> None:
    try:
        server.login(mailbox.username, mailbox.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise MailboxFault("imap.login") from error


def _unread(server: imaplib.IMAP4, mailbox: Mailbox) -> list[str]:
    quoted = '"' + mailbox.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if server.select(quoted)[0] != "OK":
        raise MailboxFault("imap.folder")
    found = _done(server.uid("SEARCH", _UNREAD))
    numbers = found[0].split() if found and isinstance(found[0], bytes) else []
    return [number.decode("ascii") for number in numbers[:MOST_AT_ONCE] if number.isdigit()]


def _beginning(server: imaplib.IMAP4, uid: str) -> bytes:
    """Not marked as seen by reading it."""
    parts = _done(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST_MAIL_BYTES}>)"))
    return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")


def _done(answer: tuple[str, list[object]]) -> list[object]:
    if answer[0] != "OK":
        raise MailboxFault("imap.refused")
    return answer[1]
