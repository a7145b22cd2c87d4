"""The line to the edge beside us: what it keeps, and decisions about it, over its local socket."""

from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any, Literal

from api.command_ends import ASK_SECONDS, asked_for
from api.edge.forwards import ForwardCalls
from api.edge.messages import MessageCalls
from api.edge.orders import OrderCalls
from api.edge.pictures import PictureCalls
from api.gate_openings import OPEN_SECONDS, opened, opening_rows
from api.link import HubControl
from api.problems import Problem, not_found
from hub.edge.audit import NOT_KEPT, reason_of
from hub.errors import OperatorError
from hub.events import format_time
from storage.contract import Row

_LOOK_SECONDS = 10.0
_SCREEN_SECONDS = 1.0  # a screen beside a gate must say soon that it knows nothing


def edge_away() -> Problem:
    return Problem(503, "edge.away", "The edge's process does not answer.", headers={"Retry-After": "2"})


@dataclass(frozen=True, slots=True)
class RawLook:
    """One opened capture: personal data. ``raw`` may be cut at 2 MiB; ``size`` is the whole in bytes.

    ``pictures``: {place kind sha256 bytes content}, content in base64 or None.
    """

    capture: str
    device: str
    received_ms: int
    origin: str
    size: int
    raw: bytes
    events: list[dict[str, Any]]
    pictures: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks: the vault key's id, who is signed in besides, and by which door."""

    by: str
    through: Literal["api", "console"]
    session: str = ""


class EdgeLink(MessageCalls, OrderCalls, ForwardCalls, PictureCalls):
    """Raises Problem 503 ``edge.away`` where the edge does not answer."""

    def __init__(self, control: HubControl) -> None:
        super().__init__(control, edge_away)

    async def status(self) -> dict[str, Any]:
        """See hub.runtime.edge_desk.EdgeDesk.status."""
        return await self._asked("edge.status")

    async def names(self, asked: list[list[str]]) -> list[str]:
        """Pseudonyms of [kind, value] each, in their order."""
        return list((await self._asked("names", asked=asked))["names"])

    async def devices(self) -> list[Row]:
        """As the store tells devices, with ``messages``: the counters since the edge's start."""
        told, edge = await self._asked("edge.devices"), await self._asked("edge.status")
        return [_device(row, str(edge["edge"])) for row in told["items"]]

    async def quarantine(
        self, state: str | None, limit: int, before: int = 2**62
    ) -> tuple[list[Row], int | None]:
        """(entries as the store's list has them, the next ``before``)."""
        told = await self._asked("quarantine.page", state=state, limit=limit, before=before)
        return [entry_row(row) for row in told["items"]], told["next"]

    async def unsendable(self, limit: int) -> list[Row]:
        """Rows that the bus could not carry."""
        return [unsendable_row(row) for row in (await self._asked("edge.unsendable", limit=limit))["items"]]

    async def screens(self, life: int, after: int, wait_seconds: float) -> dict[str, Any]:
        """What its gates show after ``after`` of ``life``, at once or when it comes; see ScreenDesk.next."""
        seconds = wait_seconds + _SCREEN_SECONDS
        asked = {"life": life, "after": after, "wait_seconds": wait_seconds}
        try:
            return await self._call("screens.next", seconds, **asked)
        except OperatorError as error:
            raise edge_away() from error

    async def open_gate(self, device: str, by: str, reason: str) -> dict[str, str]:
        """{outcome, reason, command}, without the hub; raises Problem 404, 422, 503 or 504."""
        return await opened(self._call("gate.open_here", OPEN_SECONDS, device=device, by=by, reason=reason))

    async def gate_openings(self, limit: int) -> list[Row]:
        """The audit of gates that were opened here, the newest first."""
        return opening_rows(await self._asked("gate.openings_here", limit=limit))

    async def ask_camera(self, device: str, action: str, by: str) -> dict[str, str]:
        """{outcome, reason, command}, without the hub; raises Problem 404 or 503."""
        asking = self._call("camera.ask_here", ASK_SECONDS, device=device, action=action, by=by)
        return await asked_for("camera", asking)

    async def looks(self, limit: int) -> list[Row]:
        """The audit of raw looks, the newest first."""
        return [look_row(row) for row in (await self._asked("captures.looks", limit=limit))["items"]]

    async def look(self, capture: str, reason: str, who: Looker) -> RawLook:
        """The audit row is on disk when this returns; raises Problem 404, 422 or 503."""
        reason = checked(reason)
        asked = {"by": who.by, "through": who.through, "session": who.session}
        try:
            told = await self._call("captures.look", _LOOK_SECONDS, capture=capture, reason=reason, **asked)
        except OperatorError as error:
            raise _refusal(str(error)) from error
        return RawLook(
            told["capture"],
            told["device"],
            told["received_ms"],
            told["origin"],
            told["bytes"],
            b64decode(told["raw"]),
            told["events"],
            told["pictures"],
        )

    async def replay_capture(self, capture: str, device: str = "") -> dict[str, Any]:
        """{outcome, reason, events}."""
        return await self._settled("quarantine.replay", capture=capture, device=device)

    async def discard_capture(self, capture: str) -> dict[str, Any]:
        """{outcome, reason, events}."""
        return await self._settled("quarantine.discard", capture=capture)


def checked(reason: str) -> str:
    """Raises Problem 422 for a reason that says nothing."""
    try:
        return reason_of(reason)
    except OperatorError as error:
        raise Problem(422, "reason.missing", "Say why you look, in 5 to 500 characters.") from error


def _refusal(text: str) -> Problem:
    if text.startswith(NOT_KEPT):
        return Problem(503, "audit.unavailable", "The audit row could not be kept, so nothing is shown.")
    return not_found("capture")


def _device(told: dict[str, Any], edge: str) -> Row:
    last = told["last_message_ms"]
    shown = ("id", "site", "kind", "state", "reason", "messages", "clock_offset_s")
    row = {name: told[name] for name in shown}
    since = format_time(told["since_ms"])
    return row | {
        "device": told["id"],
        "edge": edge,
        "since": since,
        "last_message": format_time(last) if last else None,
    }


def entry_row(told: dict[str, Any]) -> Row:
    """One entry of the quarantine, named by capture and part."""
    received = format_time(told["received_ms"])
    return {
        "id": f"{told['capture']}-{told['part']}",
        "type": "quarantine.v1",
        "site": told["site"],
        "device": told["device"],
        "time": received,
        "received": received,
        "where": "edge",
        **{name: told[name] for name in ("capture", "part", "adapter", "reason", "place", "bytes", "state")},
    }


def unsendable_row(told: dict[str, Any]) -> Row:
    """``site`` and ``device`` are those of its topic."""
    levels = [*told["topic"].split("/"), "", "", "", "", "", "", "", ""]
    return {
        "id": f"{told['epoch']}-{told['seq']}",
        "type": levels[7],
        "site": levels[4],
        "device": levels[6],
        "received": format_time(told["received_ms"]),
        **{name: told[name] for name in ("epoch", "seq", "bytes")},
    }


def look_row(told: dict[str, Any]) -> Row:
    """One raw look, as the audit has it."""
    return {"id": None, "type": "audit.raw_look", "device": told["device"], "time": told["at"], **told}
