"""What a sender is told (E006/DS01): 2xx is responsibility, 4xx is for ever, 429 and 5xx are tried again."""

import json

from adapters.cold_chain.undecodable import Undecodable
from hub.streams import HttpAnswer, later_answer, problem_answer

_BAD_REQUEST = frozenset(
    {
        "cold.empty",
        "cold.not_utf8",
        "cold.invalid_json",
        "cold.too_deep",
        "cold.duplicate_key",
        "cce.gzip_broken",
    }
)
_TOO_LARGE = frozenset({"cold.too_large", "cce.unpacked_too_large"})
_DETAILS = {
    "cce.schema_unknown": "Known are cce-interop 0.7 and 0.8, written as 0.8.1 in meta.schemaVersion.",
    "cce.unpacked_too_large": "A body may have 16 MiB when it is unpacked.",
    "cce.encoding_unknown": "Send it as it is, or with Content-Encoding: gzip.",
    "cce.busy": "Others of this route are being stored.",
    "cce.not_committed": "Nothing that is missing was confirmed; send the same again.",
    "cce.unfinished": "A part is stored; send the same again, what is stored is known.",
}


def accepted(readings: int, quarantined: int) -> HttpAnswer:
    """Everything is on disk; ``quarantined``: parts that wait there for a person."""
    told = {"readings": readings, "quarantined": quarantined}
    return HttpAnswer(200, json.dumps(told).encode())


def refused(error: Undecodable) -> HttpAnswer:
    """The sender's fault; its bytes were kept."""
    status = 400 if error.reason in _BAD_REQUEST else 413 if error.reason in _TOO_LARGE else 422
    return _problem(status, error.reason, error.place)


def unknown_encoding() -> HttpAnswer:
    return _problem(415, "cce.encoding_unknown", headers={"Accept-Encoding": "gzip"})


def later(status: int, code: str, seconds: int) -> HttpAnswer:
    return later_answer(status, code, seconds, _DETAILS.get(code, ""))


def _problem(status: int, code: str, place: str = "", headers: dict[str, str] | None = None) -> HttpAnswer:
    return problem_answer(status, code, _DETAILS.get(code, ""), place, headers)
