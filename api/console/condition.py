"""How things stand, as shown: pure rules. What is old, silent or unheard is unknown, never fine."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from api.console.wording import ms_of
from hub.alarms.rules import Rule
from hub.exposure.ranges import range_of
from storage.contract import Row

Condition = Literal["ok", "info", "warn", "bad", "unknown"]

# Where no profile says how long a unit may be silent: three readings of a sensor that speaks every 15 min,
# as rule NODATA of the fridge has it (a cce-interop EMS reports every 15 minutes).
SILENCE_MS = 2_700_000
FUTURE_MS = 120_000
ORDER: dict[Condition, int] = {"bad": 0, "unknown": 1, "warn": 2, "info": 3, "ok": 4}
SIGNS: dict[Condition, str] = {"ok": "✓", "info": "‖", "warn": "!", "bad": "✕", "unknown": "?"}
_BY_STATE: dict[str, Condition] = {
    "ONLINE": "ok",
    "DEGRADED": "warn",
    "OFFLINE": "bad",
    "MAINTENANCE": "info",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Allowed temperatures in °C, both ends included."""

    low: float
    high: float


def limits_of(profile: str | None) -> Limits:
    """A unit whose profile does not say otherwise is a vaccine fridge (hub/exposure/ranges.py)."""
    allowed = range_of(profile)
    return Limits(allowed.low / 1000, allowed.high / 1000)


FRIDGE = limits_of(None)


@dataclass(frozen=True, slots=True)
class Shown:
    """``why``: a key of the group it is shown in; empty when there is nothing to say."""

    condition: Condition
    why: str = ""


def device_condition(row: Row, *, hub_up: bool) -> Condition:
    """Without the hub process nobody watches the devices: what the store says of them is history."""
    return _BY_STATE.get(row.get("state") or "", "unknown") if hub_up else "unknown"


def silence_ms(rules: Iterable[Rule]) -> int:
    """How long a reading stands for now: until the rule on silence of the unit's own profile."""
    return min((rule.for_ms for rule in rules if rule.when == "silent"), default=SILENCE_MS)


def unit_condition(
    reading: Row | None, limits: Limits, device: Row | None, now_ms: int, speaks_ms: int = SILENCE_MS
) -> Shown:
    """Of one cold-chain unit by its newest temperature, which stands for ``speaks_ms``."""
    if reading is None:
        return Shown("unknown", "never")
    age_ms = now_ms - (ms_of(reading.get("time")) or 0)
    if age_ms < -FUTURE_MS:
        return Shown("unknown", "clock")
    if device is not None and device.get("state") == "OFFLINE":
        return Shown("unknown", "silent")
    if age_ms > speaks_ms:
        return Shown("unknown", "stale")
    value = reading.get("value")
    if value is None or reading.get("quality") == "BAD":
        return Shown("unknown", "bad_reading")
    if value > limits.high:
        return Shown("bad", "warm")
    return Shown("bad", "cool") if value < limits.low else Shown("ok", "ok")
