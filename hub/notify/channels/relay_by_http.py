"""A relay with calls of its own for on and off (Shelly, ESP boards)."""

from urllib.parse import urlsplit

from hub.notify.channels.parcel import NO_ANSWER
from hub.notify.channels.relay_line import RelayFault
from hub.notify.settings import RelaySettings
from hub.streams.blocking_calls import BlockingCalls
from hub.streams.web_call import WebAnswer, call_web


class HttpRelay:
    """2xx is done; redirects are not followed."""

    def __init__(self, relay: RelaySettings, ca_file: str, seconds: float) -> None:
        self.has_button = bool(relay.button_url)
        self._relay = relay
        self._ca_file = ca_file
        self._seconds = seconds
        self._calls = BlockingCalls("relay", 4)

    async def switch(self, energised: bool) -> None:
        await self._ask(self._relay.on_url if energised else self._relay.off_url, self._relay.method)

    async def pressed(self) -> bool:
        answer = await self._ask(self._relay.button_url, "GET")
        return self._relay.button_text.encode() in answer.body

    async def close(self) -> None:
        """Each call has a connection of its own."""

    async def _ask(self, url: str, method: str) -> WebAnswer:
        parts, seconds = urlsplit(url), self._seconds
        try:
            answer = await self._calls.call(
                seconds, lambda: call_web(parts, method=method, seconds=seconds, ca_file=self._ca_file)
            )
        except (OSError, ValueError) as error:
            raise RelayFault(NO_ANSWER) from error
        if not 200 <= answer.status < 300:
            raise RelayFault(f"http.{answer.status}")
        return answer
