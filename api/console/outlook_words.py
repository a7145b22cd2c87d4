"""Trend and time to damage in words; an estimate says that it is one. Pure."""

from api.console.alarm_words import lasting
from api.console.condition import Condition
from api.console.wording import Wording
from hub.alarms.time_to_damage import Damage, Trend

MINUTE_MS = 60_000
_SOON_MS = 4 * 3_600_000
_ARROWS = {1: "↗", 0: "→", -1: "↘"}
_WAYS = {1: "rising", 0: "steady", -1: "falling"}


def damage_words(say: Wording, damage: Damage | None, now_ms: int) -> str:
    """Like: HEAT in 1 h 20 min; empty where nothing comes nearer."""
    if damage is None:
        return ""
    rule = say.named("rule", damage.code)
    if damage.at_ms <= now_ms:
        return say("unit.damage_raised", rule=rule) if damage.code else say("unit.damage_cold_gone")
    rest_ms = max(MINUTE_MS, (damage.at_ms - now_ms) // MINUTE_MS * MINUTE_MS)
    return say(f"unit.damage_{damage.basis}", rule=rule, span=lasting(say, rest_ms))


def damage_tone(damage: Damage | None, now_ms: int) -> Condition:
    """Red where it is raised, amber where somebody can still act."""
    if damage is None:
        return "unknown"
    if damage.at_ms <= now_ms:
        return "bad"
    return "warn" if damage.at_ms - now_ms <= _SOON_MS or not damage.is_estimate else "info"


def trend_words(say: Wording, trend: Trend | None) -> str:
    """An arrow and a word, with °C an hour where it moves."""
    if trend is None:
        return f"· {say('unit.trend_unknown')}"
    way = (trend.slope > 0) - (trend.slope < 0)
    told = say(f"unit.trend_{_WAYS[way]}", rate=say.decimal(abs(trend.slope)))
    return f"{_ARROWS[way]} {told}"
