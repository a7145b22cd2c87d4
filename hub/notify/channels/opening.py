"""From a channel's settings to the channel; what a kind needs is imported when it is used."""

from hub.notify.channels.parcel import Sender
from hub.notify.settings import Channel, NotifySettings


def senders_of(settings: NotifySettings) -> dict[str, Sender]:
    """By id."""
    return {channel.id: sender_of(channel) for channel in settings.channels}


def sender_of(channel: Channel) -> Sender:
    match channel.kind:
        case "webhook":
            from hub.notify.channels.webhook import Webhook

            return Webhook(channel)
        case "smtp":
            from hub.notify.channels.mail import Mail

            return Mail(channel)
        case "modem":
            from hub.notify.channels.modem import Modem

            return Modem(channel)
