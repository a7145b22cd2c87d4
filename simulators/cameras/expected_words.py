"""What a hub has to say of each fault: written from docs/cameras.md alone, as somebody who buys it would."""

from collections.abc import Mapping

from simulators.cameras.clip_plans import PICTURE_FAULTS
from simulators.cameras.fault_episodes import Episode

_OF_STATUS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    453: "no_bandwidth",
    454: "session_gone",
}
# Reasons of being OFFLINE. A stall that lasts meets the next session, too: it plays and sends nothing.
_REASONS: Mapping[str, frozenset[str]] = {
    "refused": frozenset({"refused"}),
    "black_hole": frozenset({"connect_timeout"}),
    "mute": frozenset({"mute"}),
    "wrong_login": frozenset({"unauthorized", "locked_out"}),
    "redirect": frozenset({"redirect_refused"}),
    "bad_reply": frozenset({"bad_reply"}),
    "endless_reply": frozenset({"too_large"}),
    "session_limit": frozenset({"no_bandwidth"}),
    "unsupported_codec": frozenset({"unsupported_codec"}),
    "no_packets": frozenset({"no_packets"}),
    "no_keyframe": frozenset({"no_keyframe"}),
    "expired_session": frozenset({"session_gone"}),
    "stall": frozenset({"stall", "no_packets"}),
    "half_frame": frozenset({"stall", "no_packets"}),
    "drop": frozenset({"closed"}),
    "reset": frozenset({"reset", "closed"}),
}
_STREAM = {
    "loss": "loss",
    "fps": "fps",
    "clock": "clock",
    "standing_clock": "frozen",
    "bitrate_collapse": "bitrate",
}
# Pictures that can rightly be called otherwise: what covers a lens wholly is dark, and has nothing sharp.
ALIKE: Mapping[str, frozenset[str]] = {
    "covered": frozenset({"covered", "black", "blur", "moved"}),
    "black": frozenset({"black", "covered"}),
    "over_exposed": frozenset({"over_exposed", "covered"}),
}


def reasons_of(episode: Episode) -> frozenset[str]:
    """Empty where the camera must stay on line."""
    if episode.fault == "status":
        code = int(episode.how.get("code", 503))
        return frozenset({_OF_STATUS.get(code, "unsupported_transport" if code == 461 else "status")})
    return _REASONS.get(episode.fault, frozenset())


def faults_of(episode: Episode) -> frozenset[str]:
    """Any of them, or none where no fault of pictures or of the stream has to be told."""
    fault = episode.fault
    if fault in PICTURE_FAULTS:
        return ALIKE.get(fault, frozenset({fault}))
    return frozenset({_STREAM[fault]}) if fault in _STREAM else frozenset()
