"""The line to the process beside us: health, metrics and replays, over a local socket."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from api.command_ends import ASK_SECONDS, asked_for
from api.feed_problems import feed_problem
from api.gate_openings import OPEN_SECONDS, opened, opening_rows
from api.problems import Problem, hub_away
from hub.control import NO_SUCH_CALL
from hub.errors import OperatorError

ANSWER_SECONDS = 3.0
SETTLE_SECONDS = 30.0
_INGEST_SECONDS = 20.0
STATES = ("ok", "degraded", "down")


class HubControl(Protocol):
    """The control socket: raises OSError when the hub process is away, OperatorError when it refuses."""

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Health:
    """``status`` is ok, degraded or down; ``components``: name -> {state, reason}, and where it was told
    ``since`` (RFC 3339 of the last change) and ``loop_lag_ms`` (of a process)."""

    status: str
    components: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pushed:
    """The answer of a device's adapter."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str]


class Line:
    """Calls with a deadline; a process that is away is an answer of its own, never a hanging request."""

    def __init__(self, control: HubControl, away: Callable[[], Problem] = hub_away) -> None:
        self.control = control
        self._away = away

    async def _call(self, name: str, seconds: float, /, **arguments: Any) -> dict[str, Any]:
        """Raises Problem 503 when the process is away, OperatorError with its refusal."""
        try:
            async with asyncio.timeout(seconds):
                return await self.control.call(name, **arguments)
        except OSError as error:
            raise self._away() from error

    async def _asked(self, name: str, **arguments: Any) -> dict[str, Any]:
        """For questions that each of ours answers: one that refuses them is none of ours."""
        try:
            return await self._call(name, ANSWER_SECONDS, **arguments)
        except OperatorError as error:
            raise self._away() from error

    async def health(self) -> Health:
        """Raises Problem 503 when the hub process is away."""
        told = await self._asked("health")
        status = str(told.get("status") or told.get("state") or "down")
        parts = told.get("components") or {}
        named = {str(name): _component(part) for name, part in parts.items()}
        return Health(status if status in STATES else "down", named)

    async def metrics(self) -> str:
        """The process' Prometheus text; raises Problem 503."""
        return str((await self._asked("metrics")).get("text", ""))

    async def _settled(self, name: str, **arguments: Any) -> dict[str, Any]:
        """{outcome, reason, events} of a decision about a capture; raises Problem 503."""
        try:
            told = await self._call(name, SETTLE_SECONDS, **arguments)
        except OperatorError as error:
            return {"outcome": "refused", "reason": str(error), "events": 0}
        outcome, reason = str(told.get("outcome", "failed")), str(told.get("reason", ""))
        return {"outcome": outcome, "reason": reason, "events": int(told.get("events") or 0)}

    async def ingest(
        self,
        path: str,
        headers: dict[str, str],
        query: dict[str, str],
        body: bytes,
        peer: str,
        *,
        method: str = "POST",
        keyed: bool = False,
    ) -> Pushed:
        """Hand a device's request to its adapter; raises Problem 503 when nothing could be stored."""
        carried = {"headers": headers, "query": query, "body": b64encode(body).decode(), "peer": peer}
        sent = {"path": path, "method": method, "keyed": keyed, **carried}
        try:
            told = await self._call("ingest", _INGEST_SECONDS, **sent)
        except OperatorError as error:
            retry = {"Retry-After": "10"}
            raise Problem(
                503, "ingest.refused", "Nothing was stored; send it again later.", headers=retry
            ) from error
        return _pushed(told)


class HubLink(Line):
    """The hub's process; decisions about entries go on from there by command, to the edge that has them."""

    async def replay(self, entry: str, by: str) -> dict[str, Any]:
        """{outcome, reason, events}; raises Problem 503."""
        return await self._settled("replay", entry=entry, by=by)

    async def discard(self, entry: str, by: str) -> dict[str, Any]:
        """{outcome, reason, events}; raises Problem 503."""
        return await self._settled("discard", entry=entry, by=by)

    async def alarm(self, **asked: Any) -> dict[str, Any]:
        """{outcome, reason, entry} of what somebody does with an incident; raises Problem 503."""
        return await self._entered("alarm", **asked)

    async def alarm_of_device(self, **asked: Any) -> dict[str, Any]:
        """The same of a device."""
        return await self._entered("alarm_device", **asked)

    async def alarm_of_devices(self, **asked: Any) -> dict[str, Any]:
        """The same of several devices of a site, with ``devices``: those that it changed."""
        return await self._entered("alarm_devices", **asked)

    async def calibrate(self, **asked: Any) -> dict[str, Any]:
        """{outcome, reason} of a calibration; raises Problem 503."""
        return await self._entered("calibrate", **asked)

    async def place_lot(self, **asked: Any) -> dict[str, Any]:
        """{outcome, reason} of what somebody tells of a lot; raises Problem 503."""
        return await self._entered("lot.place", **asked)

    async def enter_intake(self, **asked: Any) -> dict[str, Any]:
        """{outcome, items, errors} of what is reported; raises Problem 503."""
        return await self._entered("intake.enter", **asked)

    async def open_gate(self, device: str, by: str, reason: str) -> dict[str, str]:
        """{outcome, reason, command}; raises Problem 404, 422, 503 or 504."""
        return await opened(self._call("gate.open", OPEN_SECONDS, device=device, by=by, reason=reason))

    async def gate_openings(self, limit: int) -> list[dict[str, Any]]:
        """The audit of gates opened by hand, the newest first."""
        return opening_rows(await self._asked("gate.openings", limit=limit))

    async def ask_camera(self, device: str, action: str, by: str) -> dict[str, str]:
        """{outcome, reason, command}; raises Problem 404, 503 or 504."""
        asking = self._call("camera.ask", ASK_SECONDS, device=device, action=action, by=by)
        return await asked_for("camera", asking)

    async def set_zone(self, edge: str, zone: str, count: int, by: str) -> dict[str, Any]:
        """{outcome, reason} of a count that was set; raises Problem 503."""
        try:
            return await self._call("occupancy.set", SETTLE_SECONDS, edge=edge, zone=zone, count=count, by=by)
        except OperatorError as error:
            return {"outcome": "refused", "reason": str(error)}

    async def revise_report(self, **told: Any) -> dict[str, Any] | None:
        """{outcome, revision, up_to} of a report that was told; None: it could not be registered."""
        try:
            return await self._call("report.revise", ANSWER_SECONDS, **told)
        except (OperatorError, Problem, TimeoutError):
            return None

    async def projection_states(self) -> list[dict[str, Any]] | None:
        """How each stands, by the process that feeds their servers; None while it is away."""
        try:
            told = await self._call("projection.states", ANSWER_SECONDS)
        except OperatorError as error:
            return [] if str(error) == NO_SUCH_CALL else None  # nothing is configured
        except Problem:
            return None
        return list(told["items"])

    async def decide_projection(self, name: str, action: str, by: str) -> dict[str, Any]:
        """{outcome} of ``pause`` or ``resume``; raises Problem 503: nothing is changed."""
        try:
            return await self._call(f"projection.{action}", SETTLE_SECONDS, name=name, by=by)
        except OperatorError as error:
            raise Problem(503, "projection.not_changed", "Nothing was changed; try again.") from error

    async def destination(self, call: str, /, **asked: Any) -> dict[str, Any]:
        """What the hub answers about destinations; raises Problem 404, 422 or 503."""
        return await self._of_feeds(f"destination.{call}", **asked)

    async def webhook(self, call: str, /, **asked: Any) -> dict[str, Any]:
        """The same about webhooks."""
        return await self._of_feeds(f"webhook.{call}", **asked)

    async def _of_feeds(self, call: str, /, **asked: Any) -> dict[str, Any]:
        try:
            return await self._call(call, SETTLE_SECONDS, **asked)
        except OperatorError as error:
            raise feed_problem(str(error)) from error

    async def _entered(self, name: str, **asked: Any) -> dict[str, Any]:
        try:
            return await self._call(name, SETTLE_SECONDS, **asked)
        except OperatorError as error:
            retry = {"Retry-After": "2"}
            raise Problem(
                503, "alarm.not_entered", "Nothing was entered; try again.", headers=retry
            ) from error


def _pushed(told: dict[str, Any]) -> Pushed:
    headers = {str(name): str(value) for name, value in (told.get("headers") or {}).items()}
    return Pushed(int(told["status"]), b64decode(told["body"]), str(told["content_type"]), headers)


def _component(told: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = {"state": str(told.get("state", "down")), "reason": str(told.get("reason", ""))}
    if isinstance(told.get("since"), str):
        part["since"] = told["since"]
    if isinstance(told.get("loop_lag_ms"), int):
        part["loop_lag_ms"] = told["loop_lag_ms"]
    return part
