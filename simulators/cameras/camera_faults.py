"""Everything that a simulated camera can do wrong, with its settings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, get_args

from simulators.cameras.clip_plans import PICTURE_FAULTS, ClipPlan

How = Mapping[str, float | str]
# They begin where a client asks: those who play are sent away first, to meet them.
Answering = Literal[
    "refused",
    "black_hole",
    "mute",
    "status",
    "wrong_login",
    "redirect",
    "bad_reply",
    "endless_reply",
    "session_limit",
    "unsupported_codec",
    "no_packets",
    "no_keyframe",
    "expired_session",
]
Playing = Literal[
    "stall",
    "half_frame",
    "garbage",
    "loss",
    "fps",
    "drift",
    "clock",
    "standing_clock",
    "stale_nonce",
]
Once = Literal["drop", "reset"]
ANSWERING: frozenset[str] = frozenset(get_args(Answering))
PLAYING: frozenset[str] = frozenset(get_args(Playing))
ONCE: frozenset[str] = frozenset(get_args(Once))
FOOTAGE: frozenset[str] = frozenset(
    (*PICTURE_FAULTS, "bitrate_collapse", "resolution", "long_group", "night")
)
# What may be said of a fault, and what holds where it is not said.
_SEVERITY: How = {"severity": 5}
SETTINGS: Mapping[str, How] = {
    **dict.fromkeys(PICTURE_FAULTS, _SEVERITY),
    "mute": {"method": ""},  # from which request on; "": from the first
    "status": {"code": 503, "method": "DESCRIBE"},
    "redirect": {"to": ""},
    "session_limit": {"sessions": 0},  # that there is room for
    "expired_session": {"method": "PLAY"},  # or GET_PARAMETER: while it plays
    "unsupported_codec": {"codec": "MP4V-ES"},
    "garbage": {"share": 0.2},  # of pictures, with up to 300 bytes of nonsense before them
    "loss": {"share": 0.05},  # of packets
    "fps": {"factor": 0.3},
    "drift": {"ppm": 500},  # of the clock of RTP
    "clock": {"seconds": 90},  # of the clock that reports of RTCP tell
    "stale_nonce": {"uses": 1},  # requests that one nonce is good for
}


class UnknownFault(ValueError):
    """There is no such fault, or it has no such setting."""


def settled(name: str, how: How) -> dict[str, float | str]:
    """All settings of that fault; raises UnknownFault."""
    if name not in ANSWERING | PLAYING | ONCE | FOOTAGE:
        raise UnknownFault(f"there is no fault {name!r}")
    known = SETTINGS.get(name, {})
    if unknown := set(how) - set(known):
        raise UnknownFault(f"{name} has no setting {', '.join(sorted(unknown))}")
    return {**known, **how}


def footage(plan: ClipPlan, faults: Mapping[str, How]) -> ClipPlan:
    """What a camera shows while ``faults`` stand; of several the last."""
    for change in _changes(plan, faults):
        plan = change
    return plan


def _changes(plan: ClipPlan, faults: Mapping[str, How]) -> Iterator[ClipPlan]:
    for name, how in faults.items():
        match name:
            case "bitrate_collapse":
                yield replace(plan, kilobits=max(8, plan.bits_a_second // 20_000))
            case "resolution":
                yield replace(plan, width=plan.width // 2 // 16 * 16, height=plan.height // 2 // 2 * 2)
            case "long_group":
                yield replace(plan, keyframe_seconds=12.0, keyframes=5)
            case "night":
                yield replace(plan, night=True)
        for fault in PICTURE_FAULTS:
            if name == fault:
                yield plan.faulty(fault, int(how["severity"]))
