"""E-mail by the mail server of the house, and answers from a mailbox: each in a worker thread."""

import asyncio
import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

from hub.notify.channels.parcel import DELIVERED, NO_ANSWER, Delivery, Heard, Parcel
from hub.notify.mail_answers import MailAnswer
from hub.notify.settings import Channel, Mailbox
from hub.streams.blocking_calls import BlockingCalls

POLL_DEADLINE = 4  # times the deadline of one step
log = logging.getLogger(__name__)


class Mail:
    """One connection for each message: they are few."""

    at_once = 2

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._calls = BlockingCalls(f"mail[{channel.id}]", self.at_once * 2)

    async def send(self, parcel: Parcel) -> Delivery:
        try:
            message = message_of(parcel, self._channel.sender)
        except ValueError:
            return Delivery("refused", "bad_address")
        try:
            return await self._calls.call(self._channel.timeout_seconds * 2, lambda: self._send(message))
        except (OSError, ValueError):
            return Delivery("again", NO_ANSWER)

    def _send(self, message: EmailMessage) -> Delivery:
        try:
            with self._connection() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(max(code for code, _ in error.recipients.values()))
        except smtplib.SMTPAuthenticationError:
            return Delivery("again", "smtp.login")  # a person mends the password, and nothing is lost
        except smtplib.SMTPResponseException as error:
            return _refusal(error.smtp_code)
        except smtplib.SMTPException:
            return Delivery("again", NO_ANSWER)
        return DELIVERED

    def _connection(self) -> smtplib.SMTP:
        channel = self._channel
        context = ssl.create_default_context(cafile=channel.ca_file or None)
        if channel.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                channel.host, channel.port, timeout=channel.timeout_seconds, context=context
            )
        else:
            server = smtplib.SMTP(channel.host, channel.port, timeout=channel.timeout_seconds)
        try:
            if channel.security == "starttls":
                server.starttls(context=context)
            if channel.username:
                server.login(channel.username, channel.password)
        except BaseException:
            server.close()
            raise
        return server


def _refusal(code: int) -> Delivery:
    """RFC 5321 4.2.1: 4yz may be tried again, 5yz not."""
    return Delivery("again" if code < 500 else "refused", f"smtp.{code}")


def message_of(parcel: Parcel, sender: str) -> EmailMessage:
    """Plain text; the Message-ID is the same whenever it is sent again."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = parcel.address
    message["Subject"] = parcel.text.title
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{parcel.name}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers
    message.set_content(parcel.text.body + "\n")
    return message


class AnsweredMail(Mail):
    """Mail to which people answer into a mailbox that is read now and then."""

    def __init__(self, channel: Channel, mailbox: Mailbox) -> None:
        super().__init__(channel)
        self._mailbox = mailbox
        self._reading = BlockingCalls(f"mailbox[{channel.id}]", 1)
        self.trouble = ""

    async def run(self, heard: Heard) -> None:
        """Give address and words of each answer to ``heard``, until cancelled."""
        while True:
            await self._poll(heard)
            await asyncio.sleep(self._mailbox.poll_seconds)

    async def _poll(self, heard: Heard) -> None:
        from hub.notify.channels.mailbox_reader import MailboxFault, read_answers

        loop, seconds = asyncio.get_running_loop(), self._channel.timeout_seconds

        def hear(answer: MailAnswer) -> None:
            """In the reader's thread: until what it says is committed; the reader gives up with us."""
            hearing = asyncio.run_coroutine_threadsafe(_heard(heard, answer), loop)
            try:
                hearing.result(seconds)
            finally:
                hearing.cancel()

        try:
            await self._reading.call(
                seconds * POLL_DEADLINE,
                lambda: read_answers(self._mailbox, self._channel.ca_file, seconds, hear),
            )
        except MailboxFault as error:
            self._told(str(error))
        except (OSError, ValueError):
            self._told(NO_ANSWER)
        else:
            self._told("")

    def _told(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.warning("mailbox is not read", extra={"reason": trouble})
        self.trouble = trouble


async def _heard(heard: Heard, answer: MailAnswer) -> None:
    await heard(answer.address, answer.words)
