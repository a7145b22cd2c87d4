"""What a terminal hears: its maker's words of success only for what is on disk."""

import json

from adapters.qr_gates.decisions.decide import Decision
from hub.streams import HttpAnswer, later_answer, problem_answer

BUSY_SECONDS, DISK_SECONDS, UNFINISHED_SECONDS = 5, 30, 2  # Retry-After

_BAD_REQUEST = frozenset({"plain.no_json"})
_TOO_LARGE = frozenset({"plain.too_large", "picture.too_large", "picture.too_many_pixels"})
_DETAILS = {
    "gate.stranger": "Send a device key, or let the device's peers name your network.",
    "gate.busy": "Others of this gate are being stored.",
    "gate.not_committed": "Nothing was stored; send the same again.",
    "gate.unfinished": "A part is stored; send the same again, what is stored is known.",
    "picture.no_extra": "Pictures need the extra pictures: pip install 'epihub[pictures]'",
    "picture.no_code": "No QR code was found in it.",
    "picture.several_codes": "Show one code at a time.",
}


def ok(words: bytes = b"OK") -> HttpAnswer:
    """In the words of the terminal's maker."""
    return HttpAnswer(200, words, "text/plain")


def decided(decision: Decision) -> HttpAnswer:
    """For gates of one's own: codes that ``docs/gates.md`` explains."""
    told = {
        "decision": decision.outcome.value,
        "opens": decision.opens,
        "reason": decision.reason,
        "rule": decision.rule,
        "remarks": list(decision.remarks),
    }
    return HttpAnswer(200, json.dumps(told).encode())


def refused(code: str, place: str = "") -> HttpAnswer:
    """The sender's fault."""
    status = 400 if code in _BAD_REQUEST else 413 if code in _TOO_LARGE else 422
    return _problem(status, code, place)


def stranger() -> HttpAnswer:
    return _problem(403, "gate.stranger")


def no_extra() -> HttpAnswer:
    return _problem(501, "picture.no_extra")


def later(status: int, code: str, seconds: int) -> HttpAnswer:
    return later_answer(status, code, seconds, _DETAILS.get(code, ""))


def _problem(status: int, code: str, place: str = "", headers: dict[str, str] | None = None) -> HttpAnswer:
    return problem_answer(status, code, _DETAILS.get(code, ""), place, headers)
