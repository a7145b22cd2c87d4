"""What a hub answers on its local socket about calibrations of sensors: a new one, and all of a device."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from hub.alarms.calibrations import CALIBRATION, Calibrations, told
from hub.alarms.incidents.actions import RefusedAction
from hub.alarms.incidents.calibrate import Calibrate, site_of
from hub.alarms.readings import thousandths
from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.runtime.alarm_runner import AlarmRunner
from storage.contract import StoreReader

_LONGEST_TIME = 40


class CalibrationDesk:
    """``timezone`` of the hub: a date is its midnight there."""

    def __init__(self, runner: AlarmRunner, open_reader: Callable[[], StoreReader], timezone: str) -> None:
        self._runner = runner
        self._open_reader = open_reader
        self._zone = ZoneInfo(timezone)

    def calls(self) -> dict[str, Handler]:
        return {"calibrate": self.calibrate, "calibrations": self.calibrations}

    async def calibrate(
        self, device: str, metric: str, offset: float, begins: str, ends: str, certificate: str, by: str
    ) -> Answer:
        """{outcome, reason}: "done" when it is entered with all that it changes, or "refused" with a code.

        ``offset`` in kelvin; ``begins`` and ``ends`` (empty: open) are dates or RFC 3339 times with a zone.
        """
        try:
            offset_thousandths = thousandths(offset)
            if offset_thousandths is None:
                raise RefusedAction("alarm.offset_too_large")
            from_ms = moment_ms(begins, self._zone)
            to_ms = moment_ms(ends, self._zone) if ends else None
            made = Calibrate(by, certificate, metric, offset_thousandths, from_ms, to_ms)
            await self._runner.calibrate(await self._site(device), device, made)
        except RefusedAction as refused:
            return {"outcome": "refused", "reason": refused.code}
        return {"outcome": "done", "reason": ""}

    async def calibrations(self, device: str) -> Answer:
        """{items}: all of a device, issued first first."""
        reader = self._open_reader()
        await reader.open()
        try:
            settings = await reader.alarm_settings(f"{CALIBRATION}{device}/")
        finally:
            await reader.close()
        found = Calibrations.of(each.body for each in settings)
        at_ms = now_ms()
        return {"items": [told(each, found, at_ms) for each in found.issued_of(device)]}

    async def _site(self, device: str) -> str:
        reader = self._open_reader()
        await reader.open()
        try:
            return site_of(device, await reader.devices())
        finally:
            await reader.close()


def moment_ms(text: str, zone: ZoneInfo) -> int:
    """Unix ms of a date (its midnight in ``zone``) or a time with its own zone; raises RefusedAction."""
    try:
        if len(text) > _LONGEST_TIME:
            raise ValueError
        if "T" not in text:
            moment = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return round(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise RefusedAction("alarm.bad_period") from error
