"""How a relay is told: a Modbus coil, a word by MQTT, an HTTP call. Each raises BarrierFault with a code."""

from collections.abc import Sequence
from secrets import token_hex
from typing import Protocol
from urllib.parse import urlsplit

from adapters.qr_gates.barriers.barrier import BarrierFault
from adapters.qr_gates.barriers.relay_settings import RelaySettings
from adapters.qr_gates.barriers.relay_words import Call, call, greeting, message, tenths_of_coil
from hub.errors import DeviceUnavailable
from hub.streams.modbus_frames import OFF, ON, WRITE_COIL, ModbusFault, confirmed
from hub.streams.modbus_line import ModbusLine

NO_ANSWER = "relay.no_answer"


class Relay(Protocol):
    """One relay; every call is bounded by ``timeout_seconds``."""

    async def switch(self, *, is_open: bool) -> None: ...

    async def close(self) -> None:
        """Give back the line; the next switch opens it anew."""
        ...


class CoilRelay:
    """A Modbus coil. With ``timer_coil`` the board itself ends the pulse."""

    def __init__(self, settings: RelaySettings, line: ModbusLine) -> None:
        self._settings = settings
        self._line = line

    async def switch(self, *, is_open: bool) -> None:
        settings = self._settings
        if is_open and settings.timer_coil is not None:
            await self._write(settings.timer_coil, tenths_of_coil(settings.pulse_ms))
        else:
            await self._write(settings.coil, ON if is_open == (settings.energised == "open") else OFF)

    async def close(self) -> None:
        await self._line.close()

    async def _write(self, coil: int, value: int) -> None:
        try:
            await self._line.ask(self._settings.slave, WRITE_COIL, coil, value, confirmed)
        except ModbusFault as fault:
            raise BarrierFault(f"relay.{fault}") from fault
        except DeviceUnavailable as error:
            raise BarrierFault(NO_ANSWER) from error


class MqttRelay:
    """A relay behind a broker, which closes it by our last will when we vanish."""

    def __init__(self, settings: RelaySettings, name: str) -> None:
        from hub.streams.mqtt_publisher import MqttOutbox, MqttPublisher

        self._settings = settings
        outbox = MqttOutbox(
            settings.broker,
            settings.username,
            settings.secret,
            will=message(settings, is_open=settings.fail == "open"),
            greeting=greeting(settings),
        )
        self._publisher = MqttPublisher(outbox, f"relay {name}", settings.timeout_seconds)

    async def switch(self, *, is_open: bool) -> None:
        try:
            await self._publisher.publish(*message(self._settings, is_open=is_open))
        except DeviceUnavailable as error:
            raise BarrierFault(NO_ANSWER) from error

    async def close(self) -> None:
        await self._publisher.close()


class HttpRelay:
    """2xx is done; redirects are not followed. Who is asked for a user answers by Digest or Basic."""

    def __init__(self, settings: RelaySettings) -> None:
        from hub.streams.blocking_calls import BlockingCalls

        self._settings = settings
        self._calls = BlockingCalls("gate-relay", 4)

    async def switch(self, *, is_open: bool) -> None:
        wanted = call(self._settings, is_open=is_open)
        if wanted is None:
            return
        seconds = self._settings.timeout_seconds
        try:
            status = await self._calls.call(seconds, lambda: self._ask(wanted, seconds))
        except (OSError, ValueError) as error:
            raise BarrierFault(NO_ANSWER) from error
        if not 200 <= status < 300:
            raise BarrierFault(f"relay.http_{status}")

    async def close(self) -> None:
        """Each call has a connection of its own."""

    def _ask(self, wanted: Call, seconds: float) -> int:
        from hub.streams.web_call import call_web

        parts, body = urlsplit(wanted.url), wanted.body.encode()
        answer = call_web(parts, method=wanted.method, body=body, seconds=seconds)
        if answer.status != 401 or not self._settings.username:
            return answer.status
        header = self._credentials(wanted, answer.challenges)
        again = {"Authorization": header} if header else {}
        return call_web(parts, method=wanted.method, body=body, headers=again, seconds=seconds).status

    def _credentials(self, wanted: Call, challenges: Sequence[str]) -> str | None:
        """For the best of what it speaks: a password is sent in the clear only where nothing else is."""
        from hub.streams.http_credentials import Asked, authorization

        parts, settings = urlsplit(wanted.url), self._settings
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        asked, cnonce = Asked(wanted.method, target), token_hex(16)
        user = (settings.username, settings.secret, cnonce)
        answers = (authorization(each, asked, *user) for each in sorted(challenges, key=_weakness))
        return next((each for each in answers if each), None)


def _weakness(challenge: str) -> int:
    known = challenge.lower()
    return 0 if "sha-256" in known else 2 if known.startswith("basic") else 1
