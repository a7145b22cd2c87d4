"""What a hub answers on its local socket beside health and figures: commands to edges, alarms and lots."""

from collections.abc import Callable
from pathlib import Path

from hub.control import Answer, Handler
from hub.errors import OperatorError
from hub.feeds.webhook_book import WebhookBook
from hub.payloads import CommandResult
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.audit_desk import AuditDesk
from hub.runtime.calibration_desk import CalibrationDesk
from hub.runtime.camera_desk import CameraDesk
from hub.runtime.deliverer_settings import SOCKET
from hub.runtime.destination_desk import DestinationDesk
from hub.runtime.gate_desk import GateDesk
from hub.runtime.hub import Hub, NoAnswer
from hub.runtime.intake_desk import IntakeDesk
from hub.runtime.lot_desk import LotDesk
from hub.runtime.notify_desk import NotifyDesk
from hub.runtime.projection_audit import DestinationAudit, ProjectionAudit
from hub.runtime.projection_desk import ProjectionDesk
from hub.runtime.report_desk import ReportDesk
from hub.runtime.zone_desk import ZoneDesk
from storage.contract import Row, StoreReader


def hub_calls(
    hub: Hub,
    open_reader: Callable[[], StoreReader],
    timezone: str = "Asia/Ho_Chi_Minh",
    data_dir: Path | None = None,
) -> dict[str, Handler]:
    """``replay`` and ``discard``, each {outcome reason events}; outcome "away": the edge did not answer.

    ``data_dir``: where audit files stand; without it no gate is opened.
    """

    async def settle(action: str, entry: str, by: str) -> Answer:
        """By command, also on one machine: one way for every edge (design 4)."""
        row = await _entry(open_reader(), entry)
        args = {"capture": row["capture"]}
        try:
            ended = await hub.command(row["site"], row["edge"], row["device"], action, args, by)
        except NoAnswer as error:
            return {"outcome": "away", "reason": str(error), "events": 0}
        return _answer(ended)

    async def replay(entry: str, by: str) -> Answer:
        return await settle("quarantine.replay", entry, by)

    async def discard(entry: str, by: str) -> Answer:
        return await settle("quarantine.discard", entry, by)

    alarms = AlarmDesk(hub.alarms).calls() if hub.alarms else {}
    if hub.alarms and hub.notifier:
        alarms |= NotifyDesk(hub.alarms, hub.notifier, open_reader).calls()
    if hub.alarms and hub.alarm_runner:
        alarms |= CalibrationDesk(hub.alarm_runner, open_reader, timezone).calls()
    if hub.people and hub.lists:
        alarms |= hub.people.calls(hub.lists.changed)
    if data_dir:
        alarms |= GateDesk(hub, open_reader, data_dir).calls()
    desks = LotDesk(hub.store, open_reader, ledger=hub.alarms).calls() | ZoneDesk(hub, open_reader).calls()
    desks |= CameraDesk(hub, open_reader).calls()
    desks |= ProjectionDesk(hub.store, open_reader, ProjectionAudit(hub).note).calls()
    book = WebhookBook(data_dir) if data_dir else None
    desks |= DestinationDesk(
        hub.store, open_reader, DestinationAudit(hub).note, book, data_dir / SOCKET if data_dir else None
    ).calls()
    desks |= AuditDesk(hub.store).calls()
    desks |= ReportDesk(hub.store, open_reader, bear=hub.bear, site=hub.place.site).calls()
    desks |= IntakeDesk(hub, open_reader, timezone).calls()
    return {"replay": replay, "discard": discard, **desks, **alarms}


async def _entry(reader: StoreReader, entry: str) -> Row:
    await reader.open()
    try:
        row = await reader.quarantined(entry)
    finally:
        await reader.close()
    if row is None or not row.get("capture"):
        raise OperatorError("no such entry, or it is the hub's own")
    return row


def _answer(ended: CommandResult) -> Answer:
    told = dict(part.split("=", 1) for part in ended.reason.split() if "=" in part)
    events = told.get("events", "0")
    return {
        "outcome": ended.outcome,
        "reason": ended.reason,
        "events": int(events) if events.isdecimal() else 0,
    }
