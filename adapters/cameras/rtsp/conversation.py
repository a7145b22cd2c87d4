"""A conversation with a camera: bytes in, bytes and events out; no socket and no clock.

  OPTIONS -> DESCRIBE -> SETUP (interleaved) -> PLAY -> packets, GET_PARAMETER now and then -> TEARDOWN

One request is outstanding at a time. Each is tried again once or twice with a login where the camera asks for
one (``authorization``). Whatever else a status says ends the conversation with its reason; only OPTIONS may
be refused, because DESCRIBE tells why. Any cut of the same bytes gives the same events.
"""

from collections.abc import Callable

from adapters.cameras.reasons import PHASES, REASON_OF_STATUS, Phase, Reason
from adapters.cameras.rtsp.camera_requests import MOST_REQUESTS, reply_to
from adapters.cameras.rtsp.conversation_events import Done, Event, Failed, Reached
from adapters.cameras.rtsp.descriptions import (
    PLAYED_BY_LIBAV,
    NoVideo,
    VideoTrack,
    control_urls,
    read_description,
)
from adapters.cameras.rtsp.facts import StreamFigures, Until
from adapters.cameras.rtsp.interleaved import Interleave, Interleaved, Said
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.messages import BadMessage, Message
from adapters.cameras.rtsp.our_requests import OurRequests
from adapters.cameras.rtsp.places import CameraPlace
from adapters.cameras.rtsp.reception import Reception
from adapters.cameras.rtsp.transports import Accepted, read_session, read_transport

_PHASE_OF: dict[str, Phase] = {"OPTIONS": "options", "DESCRIBE": "describe", "SETUP": "setup", "PLAY": "play"}
_NEXT = {"OPTIONS": "DESCRIBE", "DESCRIBE": "SETUP", "SETUP": "PLAY"}


class Conversation:
    """``new_cnonce``: fresh random text. After Failed or Done nothing more is read."""

    def __init__(
        self, place: CameraPlace, login: Login | None, until: Until, new_cnonce: Callable[[], str]
    ) -> None:
        self.place = place
        self.keepalive_seconds = 30.0
        self._until = until
        self._requests = OurRequests(place.url, login, new_cnonce)
        self._interleaved = Interleaved()
        self._rest = b""
        self._bytes = 0
        self._out = bytearray()
        self._events: list[Event] = []
        self._is_over = False
        self._reached = 0  # how many of PHASES; the first is the line's
        self._keepalive = "OPTIONS"
        self._foreign = 0
        self._track: VideoTrack | None = None
        self._reception: Reception | None = None
        self._wants = until == "keyframe"

    @property
    def is_over(self) -> bool:
        return self._is_over

    @property
    def phase(self) -> Phase:
        """The one it is in: not reached yet, or the last."""
        return PHASES[min(self._reached, len(PHASES) - 1)]

    @property
    def pending_bytes(self) -> int:
        """Held until the rest of them comes; at most ``interleaved.PENDING_MAX_BYTES`` and one reading."""
        return len(self._rest)

    @property
    def byte_count(self) -> int:
        """Of all that was received."""
        return self._bytes

    @property
    def last_packet_s(self) -> float | None:
        """By the steady clock."""
        return self._reception.last_packet_steady_s if self._reception else None

    @property
    def frame_seconds(self) -> float:
        """From one frame to the next; 0.0: not known yet."""
        return self._reception.frame_seconds if self._reception else 0.0

    @property
    def wants(self) -> bool:
        """Whether a keyframe is wanted that has not come."""
        return self._wants

    @property
    def figures(self) -> StreamFigures:
        if self._reception is None:
            return StreamFigures(bytes=self._bytes)
        return self._reception.figures(self._bytes, self._interleaved.resyncs)

    def begin(self) -> None:
        """The line stands."""
        self._reach("connect")
        self._ask("OPTIONS")

    def want_keyframe(self) -> None:
        self._wants = True
        if self._reception:
            self._reception.want()

    def keep_alive(self) -> None:
        """To be called every ``keepalive_seconds`` once it plays."""
        if self._requests.asked == self._keepalive:
            self._keepalive = "OPTIONS"  # some never answer GET_PARAMETER
        self._ask(self._keepalive)

    def report(self, steady_s: float) -> None:
        """Tell the camera how its packets come."""
        if self._reception:
            self._out += self._reception.report(steady_s)

    def leave(self) -> None:
        """TEARDOWN, where there is a session."""
        if self._requests.session:
            self._ask("TEARDOWN")

    def outgoing(self) -> bytes:
        """What is to be written now."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def events(self) -> list[Event]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    def receive(self, data: bytes, at_s: float, steady_s: float) -> None:
        """Bytes of the camera; ``at_s``: Unix time, ``steady_s``: a clock that is never set."""
        if self._is_over:
            return
        self._bytes += len(data)
        buffer = self._rest + data if self._rest else data
        try:
            at = self._read(buffer, at_s, steady_s)
        except BadMessage as error:
            self._fail(error.reason)
            return
        self._rest = buffer[at:] if at else buffer
        self._settle(at_s, steady_s)

    def _read(self, buffer: bytes, at_s: float, steady_s: float) -> int:
        """Take all that is whole; gives where the rest begins."""
        at = 0
        while not self._is_over:
            if self._reception and not self._interleaved.hunting:
                at = self._reception.skim(buffer, at)
            item = self._interleaved.item(buffer, at)
            if item is None:
                break
            at = item.stop
            if isinstance(item, Interleave):
                self._frame(buffer, item, at_s, steady_s)
            elif isinstance(item, Said):
                self._settle(at_s, steady_s)
                self._message(item.message)
        return at

    def _settle(self, at_s: float, steady_s: float) -> None:
        """Date what came, and tell what the stream has reached by it."""
        if self._reception:
            self._reception.mark(at_s, steady_s)
            self._advance()

    def _frame(self, buffer: bytes, item: Interleave, at_s: float, steady_s: float) -> None:
        if self._reception is None:
            return
        frame = self._reception.take(item.channel, buffer[item.start : item.stop], at_s, steady_s)
        if frame is None:
            return
        self._wants = False
        self._settle(at_s, steady_s)
        self._events.append(frame)
        if self._until == "keyframe":
            self._end(Done(PHASES[self._reached - 1]))

    def _message(self, message: Message) -> None:
        if not message.status:
            self._foreign += 1
            if self._foreign > MOST_REQUESTS:
                self._fail("too_large")
            elif (reply := reply_to(message)) is not None:
                self._out += reply
            return
        method = self._requests.answered_by(message)
        if not method:
            return
        if message.status == 401:
            again = self._requests.again(method, message)
            self._out += again or b""
            if again is None:
                self._fail("unauthorized")
            return
        if method in _PHASE_OF and self._reached < PHASES.index("first_packet"):
            self._step(method, message)
        elif message.status == 454:
            self._fail("session_gone")
        elif message.status >= 400:
            self._keepalive = "OPTIONS"

    def _step(self, method: str, message: Message) -> None:
        if 300 <= message.status < 400:
            self._end(Failed("redirect_refused", str(message.status), message.header("location")))
            return
        if message.status >= 300 and method != "OPTIONS":
            reason = REASON_OF_STATUS.get(message.status, "status")
            self._fail(reason, str(message.status))
            return
        {
            "OPTIONS": self._has_options,
            "DESCRIBE": self._has_described,
            "SETUP": self._has_set_up,
            "PLAY": self._has_played,
        }[method](message)
        if self._is_over:
            return
        self._reach(_PHASE_OF[method])
        if method == "DESCRIBE" and self._until == "described":
            self._end(Done("describe"))
        elif method in _NEXT:
            self._ask(_NEXT[method])

    def _has_options(self, message: Message) -> None:
        if "GET_PARAMETER" in message.header("public").upper():
            self._keepalive = "GET_PARAMETER"

    def _has_described(self, message: Message) -> None:
        try:
            self._track = read_description(message.body)
        except NoVideo as error:
            if self._until != "described" or error.detail != PLAYED_BY_LIBAV:
                self._fail("unsupported_codec", error.detail)
            return
        base = message.header("content-base") or message.header("content-location")
        place = self.place
        setup, play = control_urls(place.authority, place.url, base, self._track.control)
        self._requests.described(setup, play)

    def _has_set_up(self, message: Message) -> None:
        accepted = read_transport(message.header("transport"))
        session = read_session(message.header("session"))
        if accepted is None:
            self._fail("unsupported_transport")
        elif session is None:
            self._fail("bad_reply")
        else:
            self._requests.session, seconds = session
            self.keepalive_seconds = seconds / 2
            self._receive(accepted)

    def _receive(self, accepted: Accepted) -> None:
        assert self._track is not None
        self._reception = Reception(self._track, accepted)
        self._interleaved.expect(accepted.rtp, accepted.rtcp, self._track.payload_type)
        if self._wants:
            self._reception.want()

    def _has_played(self, _: Message) -> None:
        self._interleaved.strict = False

    def _advance(self) -> None:
        """What the stream has reached."""
        if self._reception is None or self._is_over or self._reached < PHASES.index("first_packet"):
            return
        if self._reception.packets:
            self._reach("first_packet")
        if self._reception.keyframes:
            self._reach("first_keyframe")
            self._reach("streaming")

    def _reach(self, phase: Phase) -> None:
        if phase == PHASES[min(self._reached, len(PHASES) - 1)] and self._reached < len(PHASES):
            self._reached += 1
            self._events.append(Reached(phase))

    def _ask(self, method: str) -> None:
        self._out += self._requests.ask(method)

    def _fail(self, reason: Reason, detail: str = "") -> None:
        self._end(Failed(reason, detail))

    def _end(self, event: Failed | Done) -> None:
        self._is_over = True
        self._rest = b""
        self._events.append(event)
