"""A webhook: JSON by POST."""

import json
from urllib.parse import urlsplit

from hub.notify.channels.parcel import DELIVERED, NO_ANSWER, Delivery, Parcel
from hub.notify.settings import Channel
from hub.streams.blocking_calls import BlockingCalls
from hub.streams.web_call import LATER, call_web


class Webhook:
    """2xx is delivered; redirects are not followed."""

    at_once = 8

    def __init__(self, channel: Channel) -> None:
        self._url = urlsplit(channel.url)
        self._seconds = channel.timeout_seconds
        self._ca_file = channel.ca_file
        self._calls = BlockingCalls(f"webhook[{channel.id}]", self.at_once * 2)

    async def send(self, parcel: Parcel) -> Delivery:
        try:
            status = await self._calls.call(self._seconds, lambda: self._post(parcel))
        except (OSError, ValueError):
            return Delivery("again", NO_ANSWER)
        if 200 <= status < 300:
            return DELIVERED
        later = status >= 500 or status in LATER
        return Delivery("again" if later else "refused", f"http.{status}")

    def _post(self, parcel: Parcel) -> int:
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": parcel.name}
        return call_web(
            self._url, body=body_of(parcel), headers=headers, seconds=self._seconds, ca_file=self._ca_file
        ).status


def body_of(parcel: Parcel) -> bytes:
    """docs/notify.md describes it."""
    told = {
        "id": parcel.name,
        "person": parcel.person,
        "address": parcel.address,
        "title": parcel.text.title,
        "text": parcel.text.body,
        "sms": parcel.text.sms,
        "reply": parcel.reply,
        "notices": list(parcel.told),
    }
    return json.dumps(told, ensure_ascii=False).encode()
