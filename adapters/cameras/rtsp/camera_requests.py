"""Requests that a camera makes of us (RFC 2326, 10: OPTIONS, SET_PARAMETER, ANNOUNCE, REDIRECT): answered."""

from adapters.cameras.rtsp.messages import Message, answer

MOST_REQUESTS = 1000  # in one session; more is no camera
_TAKEN = frozenset(("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "PLAY_NOTIFY"))


def reply_to(message: Message) -> bytes | None:
    """None: it has no number, so that nothing can be answered."""
    if message.cseq is None:
        return None
    if message.method in _TAKEN:
        return answer(200, "OK", message.cseq)
    return answer(501, "Not Implemented", message.cseq)
