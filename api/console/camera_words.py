"""Cameras in words: how one stands, why and since when, and what is wrong with its picture. Pure.

One of which nothing was heard lately is unknown, whatever it told last: api/cameras.py says so of its row.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from api.console.condition import SIGNS, Condition, device_condition
from api.console.wording import Wording, ms_of
from storage.contract import Row

CODECS = {"h264": "H.264", "h265": "H.265", "mjpeg": "MJPEG"}
# Nothing can be made out on such a picture: the camera is as good as gone.
BLIND = frozenset({"unreadable", "black", "over_exposed", "no_signal", "covered", "frozen"})
UNHEARD = "device.never_heard"
AWAY = "camera.away"


class Standing(NamedTuple):
    """``reason``: a code; ``since_ms``: when it began; ``faults``: the worst first."""

    condition: Condition
    state: str
    reason: str
    since_ms: int | None = None
    faults: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        return SIGNS[self.condition]


def standing(row: Row, *, known: bool = True) -> Standing:
    """How a camera of ``api.cameras`` stands; ``known``: who told it is there to tell what changed."""
    state, reason = str(row.get("state") or "UNKNOWN"), str(row.get("reason") or UNHEARD)
    if not known:
        return Standing("unknown", "UNKNOWN", AWAY)
    faults = by_weight(row) if state == "DEGRADED" else ()
    return Standing(condition_of(state, faults), state, reason, ms_of(row.get("since")), faults)


def condition_of(state: str, faults: Iterable[str]) -> Condition:
    """Of a state that is known: a camera that sees nothing is no better than one that is away."""
    blind = state == "DEGRADED" and not BLIND.isdisjoint(faults)
    return "bad" if blind else device_condition({"state": state}, hub_up=True)


def by_weight(row: Row) -> tuple[str, ...]:
    """Standing faults: those that blind first, then by their score."""
    scores = row.get("scores") or {}
    faults = [str(fault) for fault in row.get("faults") or ()]
    return tuple(
        sorted(faults, key=lambda fault: (fault not in BLIND, -float(scores.get(fault) or 0), fault))
    )


def why(say: Wording, told: Standing) -> str:
    """In words why it stands so: its faults, or the reason of its state."""
    if told.faults:
        return ", ".join(say.reason(fault) for fault in told.faults)
    return say.reason(told.reason)


def since(say: Wording, since_ms: int | None, now_ms: int) -> str:
    """Like: since 08:12; with its day where that is not today's."""
    if since_ms is None:
        return ""
    began, now = (datetime.fromtimestamp(ms / 1000, say.zone) for ms in (since_ms, now_ms))
    same_day = began.date() == now.date()
    return say("camera.since", when=began.strftime("%H:%M" if same_day else "%d/%m %H:%M"))


def sentence(say: Wording, told: Standing, now_ms: int) -> str:
    """Like: password refused since 08:12."""
    return " ".join(part for part in (why(say, told), since(say, told.since_ms, now_ms)) if part)


def state_word(say: Wording, told: Standing) -> str:
    """One word beside the sign: a picture nobody can use is no online camera."""
    return say("camera.blind") if told.faults and told.condition == "bad" else say.named("device", told.state)


def megabits(say: Wording, bitrate: float | None) -> str:
    """Bit/s as people say it; 0 is a figure, unknown is none."""
    if bitrate is None:
        return "—"
    if bitrate >= 1e6:
        return f"{say.decimal(bitrate / 1e6, 1)} Mbit/s"
    return f"{say.decimal(bitrate / 1e3, 0)} kbit/s"


def percent(say: Wording, share: float | None, digits: int = 1) -> str:
    return "—" if share is None else f"{say.decimal(share * 100, digits)} %"


def figures(say: Wording, row: Row) -> list[tuple[str, str]]:
    """What is measured, as (key of its name, value); what is not known is a dash, never a zero."""

    def number(name: str, form: str, digits: int = 1) -> str:
        value = row.get(name)
        return "—" if value is None else say(form, value=say.decimal(float(value), digits))

    width, height, night = row.get("width"), row.get("height"), row.get("night")
    stream = " ".join(
        part
        for part in (CODECS.get(str(row.get("codec")), ""), f"{width} × {height}" if width else "")
        if part
    )
    return [
        ("fps", number("fps", "camera.per_second")),
        ("bitrate", megabits(say, row.get("bitrate"))),
        ("loss", percent(say, row.get("loss"), 2)),
        ("keyframes", number("keyframe_interval_s", "camera.seconds")),
        ("reconnects", number("reconnects", "camera.per_hour", 0)),
        ("clock", number("clock_offset_s", "camera.seconds")),
        ("check_every", number("check_seconds", "camera.every", 0)),
        ("mode", say.named("camera_mode", str(row.get("mode") or "—"))),
        ("stream", stream or "—"),
        ("light", "—" if night is None else say("camera.night" if night else "camera.day")),
    ]


def scores(row: Row) -> list[tuple[str, float, bool]]:
    """(fault, score, whether it stands), the highest first; 1 is the threshold."""
    stand = set(row.get("faults") or ())
    told = [(str(name), float(score), name in stand) for name, score in (row.get("scores") or {}).items()]
    return sorted(told, key=lambda each: (-each[1], each[0]))


def measured_ms(row: Row) -> int | None:
    """When what is shown of its figures and scores was told; None: there are none."""
    known = any(row.get(name) is not None for name in ("fps", "bitrate", "loss")) or bool(row.get("scores"))
    return ms_of(row.get("time")) if known else None


def measured(say: Wording, row: Row, now_ms: int) -> str:
    """Like: measured 3 min ago; they are told when something changes, and else every few minutes."""
    told_ms = measured_ms(row)
    return "" if told_ms is None else say("camera.measured", age=say.age(told_ms, now_ms))


def at_work(say: Wording, row: Row) -> str:
    """Of one that is well, in few words: what it sends, and what is to be known of its picture."""
    fps, night = row.get("fps"), row.get("night")
    told = [] if fps is None else [say("camera.per_second", value=say.decimal(fps, 0))]
    told += [] if row.get("bitrate") is None else [megabits(say, row["bitrate"])]
    told += [say("camera.learning_short")] if row.get("learning") else [say("camera.night")] if night else []
    return " · ".join(told)
