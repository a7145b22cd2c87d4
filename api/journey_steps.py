"""Where is my result: the steps of a result from the analyzer to everybody who gets it. Pure.

Each step is {step state time reason}: ``state`` is done, waiting, trouble, or unknown where only
somebody else can tell; ``reason`` is a code, ``time`` RFC 3339 or null where nobody noted it.
"""

from typing import Any, Literal

from hub.events import format_time
from storage.contract import Row

StepState = Literal["done", "waiting", "trouble", "unknown"]
STEPS = ("received", "answered", "mapped", "bus", "stored", "forward")
AT_EDGE = "at_edge"  # only the result's own edge knows
_RESULT = ("specimen", "test", "call", "status", "control", "order", "targets")
_WAYS: dict[str, tuple[StepState, str]] = {
    "waiting": ("waiting", "spool"),
    "sent": ("waiting", "receipt"),
    "receipted": ("done", ""),
    "unsendable": ("trouble", "unsendable"),
}
_DELIVERIES: dict[str, StepState] = {
    "WAITING": "waiting",
    "DELIVERED": "done",
    "DEAD": "trouble",
    "SKIPPED": "unknown",
}


def step(name: str, state: StepState, time: str | None = None, reason: str = "", **more: Any) -> Row:
    return {"step": name, "state": state, "time": time, "reason": reason, **more}


def from_edge(told: dict[str, Any], edge: str, arrivals: dict[str, int] | None) -> Row:
    """One result as its edge tells it; ``arrivals``: of the store beside it, None where there is none."""
    data, received = told["data"], format_time(told["received_ms"])
    return {
        "id": told["id"],
        "type": "journey",
        "site": told["site"],
        "device": told["device"],
        "time": format_time(told["time_ms"]),
        "received": received,
        "edge": edge,
        "capture": told["capture"],
        **{name: data.get(name) for name in _RESULT},
        "steps": [
            step("received", "done", received),
            step("answered", "done", received, "" if told["answered"] else "link"),
            _mapped(told, received),
            _on_bus(told["way"]),
            _stored(told, arrivals),
            *(_delivered(each) for each in told["forwards"]),
        ],
    }


def from_store(row: Row, arrivals: dict[str, int]) -> Row:
    """One result as the hub knows it; what only the edge knows is unknown."""
    received = str(row["received"])
    arrived = arrivals.get(str(row["id"]))
    unmapped = row["call"] == "UNMAPPED"
    return {
        **{name: row.get(name) for name in ("id", "site", "device", "time", "received", "edge", "capture")},
        "type": "journey",
        **{name: row.get(name) for name in _RESULT},
        "steps": [
            step("received", "done", received),
            step("answered", "unknown", reason=AT_EDGE),
            step("mapped", "trouble" if unmapped else "done", received, "unmapped" if unmapped else ""),
            step("bus", "done"),
            step("stored", "done", None if arrived is None else format_time(arrived)),
            step("forward", "unknown", reason=AT_EDGE),
        ],
    }


def _mapped(told: dict[str, Any], received: str) -> Row:
    waiting = [part for part in told["parts"] if part["state"] == "WAITING"]
    if told["data"]["call"] == "UNMAPPED" or told["unmapped"]:
        return step("mapped", "trouble", received, "unmapped")
    if waiting:  # other parts of the same message; this result stands
        return step("mapped", "done", received, "others_waiting", waiting=len(waiting))
    return step("mapped", "done", received)


def _on_bus(way: str) -> Row:
    state, reason = _WAYS[way]
    return step("bus", state, reason=reason)


def _stored(told: dict[str, Any], arrivals: dict[str, int] | None) -> Row:
    arrived = (arrivals or {}).get(told["id"])
    if arrived is not None:
        return step("stored", "done", format_time(arrived))
    if told["way"] != "receipted":
        return step("stored", "waiting")
    if arrivals is None:
        return step("stored", "done", reason="receipt")
    # A receipt also covers what the hub could not validate and keeps in its own quarantine.
    return step("stored", "trouble", reason="not_in_store")


def _delivered(told: dict[str, Any]) -> Row:
    at = None if told["state"] == "WAITING" and not told["tries"] else format_time(told["at_ms"])
    more = {"forward": told["forward"], "delivery": told["state"], "tries": told["tries"]}
    return step("forward", _DELIVERIES[told["state"]], at, told["code"], **more)
