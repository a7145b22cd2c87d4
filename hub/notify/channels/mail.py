"""E-mail by the mail server of the house: smtplib in a worker thread."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

from hub.notify.channels.parcel import DELIVERED, NO_ANSWER, Delivery, Parcel
from hub.notify.settings import Channel


class Mail:
    """One connection for each message: they are few."""

    at_once = 2

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def send(self, parcel: Parcel) -> Delivery:
        try:
            message = message_of(parcel, self._channel.sender)
        except ValueError:
            return Delivery("refused", "bad_address")
        try:
            async with asyncio.timeout(self._channel.timeout_seconds * 2):
                return await asyncio.to_thread(self._send, message)
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
        context = ssl.create_default_context()
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
