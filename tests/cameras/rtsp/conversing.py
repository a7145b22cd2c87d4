"""Conversations without a camera: what is put into one, and what it gives."""

from ipaddress import ip_network

from adapters.cameras.rtsp.conversation import Conversation
from adapters.cameras.rtsp.conversation_events import Event, Reached
from adapters.cameras.rtsp.facts import Codec, KeyFrame, Until
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import place_of
from tests.cameras.rtsp.wire import (
    SETS,
    Source,
    aggregate,
    opening,
    sender_report,
)

PLACE, _ = place_of("rtsp://10.1.2.3/stream?channel=1", (ip_network("10.0.0.0/8"),))


def conversation(until: Until = "ended", login: Login | None = None, *, wants: bool = True) -> Conversation:
    made = Conversation(PLACE, login, until, lambda: "cnonce")
    made.begin()
    if wants:
        made.want_keyframe()
    return made


def fed(made: Conversation, *pieces: bytes) -> list[Event]:
    for at, piece in enumerate(pieces):
        made.receive(piece, 1000.0 + at, 10.0 + at)
    return made.events()


def keyframes(events: list[Event]) -> list[bytes]:
    return [each.data for each in events if isinstance(each, KeyFrame)]


def phases(events: list[Event]) -> list[str]:
    return [each.phase for each in events if isinstance(each, Reached)]


def recorded(codec: Codec, source: Source) -> bytes:
    """Packets of all kinds, a report and a request of the camera's."""
    parts = opening(codec, with_sets=False)
    parts += source.picture(key=False)
    parts += source.picture(key=True, size=3000, before=[aggregate(codec, SETS[codec])])
    parts += source.picture(key=False, size=200)
    parts += [sender_report(source.ssrc, 1000.0, 5), b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n"]
    parts += source.picture(key=False, size=900, slices=3)
    parts += source.picture(key=True, size=900, slices=3, marked=False)
    parts += source.picture(key=False, size=100)
    return b"".join(parts)
