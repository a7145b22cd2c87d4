"""Why a camera is as it is, and how far a conversation with it came: the words that everybody shares.

A reason is a code of ours: it holds nothing that a camera sent. What people read is made of it elsewhere.
"""

from typing import Final, Literal, get_args

Phase = Literal[
    "connect", "options", "describe", "setup", "play", "first_packet", "first_keyframe", "streaming"
]
"""In the order they are reached. Each is told when it *is* reached: ``connect``: TCP (and TLS) stands;
``options`` to ``play``: that request was answered with 200; ``streaming``: right after the first keyframe.
"""

NeverReached = Literal[
    "refused",
    "no_route",
    "unresolved",  # its name has no address
    "not_allowed",  # its address is in none of the networks that are allowed
    "connect_timeout",
    "tls",
    "mute",  # it takes the connection and does not answer
    "unauthorized",  # 401
    "locked_out",  # three times 401: we stopped, because cameras lock the account
    "forbidden",  # 403
    "not_found",  # 404
    "no_bandwidth",  # 453: it has no session left for us
    "session_gone",  # 454
    "unsupported_transport",  # 461
    "status",  # any other; the detail has the number
    "redirect_refused",
    "unsupported_codec",
    "bad_reply",
    "too_large",
    "no_packets",
    "no_keyframe",
]
Lost = Literal["stall", "closed", "reset"]
Ours = Literal["watching", "starting", "disabled"]
Reason = Literal[NeverReached, Lost, Ours]

PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
REASONS: Final[frozenset[Reason]] = frozenset(get_args(Reason))
# What a camera's status line means; 401 is told apart by the conversation, which has the login.
REASON_OF_STATUS: Final[dict[int, Reason]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    453: "no_bandwidth",
    454: "session_gone",
    461: "unsupported_transport",
}
