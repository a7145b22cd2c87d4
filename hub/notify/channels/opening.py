"""From a channel's settings to the channel; what a kind needs is imported when it is used."""

from pathlib import Path

from hub.notify.channels.parcel import Sender
from hub.notify.settings import Channel, NotifySettings


def senders_of(settings: NotifySettings) -> dict[str, Sender]:
    """By id."""
    folder = Path(settings.folder) if settings.folder else None
    return {channel.id: sender_of(channel, folder) for channel in settings.channels}


def sender_of(channel: Channel, folder: Path | None = None) -> Sender:
    match channel.kind:
        case "webhook":
            from hub.notify.channels.webhook import Webhook

            return Webhook(channel)
        case "smtp":
            from hub.notify.channels.mail import AnsweredMail, Mail

            return AnsweredMail(channel, channel.mailbox) if channel.mailbox else Mail(channel)
        case "modem":
            from hub.notify.channels.modem import Modem

            return Modem(channel)
        case "telegram" | "zalo":
            from hub.notify.channels.bot import Bot

            return Bot(channel, folder)
        case "apprise":
            from hub.notify.channels.apprise_service import AppriseService

            return AppriseService(channel)
        case "relay":
            from hub.notify.channels.relay import Relay

            return Relay(channel)
