"""A session with one camera, from connecting to its end; never raises, says how it ended."""

from secrets import token_hex

from adapters.cameras.reasons import PHASES, Phase, Reason
from adapters.cameras.rtsp.camera_line import CameraLine
from adapters.cameras.rtsp.conversation import Conversation
from adapters.cameras.rtsp.conversation_events import Done, Failed
from adapters.cameras.rtsp.dialling import NotReached, dial
from adapters.cameras.rtsp.facts import Ended, KeyFrame, Patience, StreamFigures, Until, Watch
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import CameraPlace
from hub.streams import now_ms
from hub.streams.blocking_calls import BlockingCalls

MOST_REDIRECTS = 3
_MOST_LOOK_UPS = 2  # of its name at once; one may hang until the system gives it up
_USUAL_PATIENCE = Patience()


class CameraSession:
    """One at a time; ``run`` may be called again once it returned, and its figures then begin anew."""

    def __init__(
        self,
        place: CameraPlace,
        login: Login | None,
        watch: Watch,
        patience: Patience = _USUAL_PATIENCE,
    ) -> None:
        self._place = place
        self._login = login
        self._watch = _Once(watch)
        self._patience = patience
        self._resolving = BlockingCalls("camera-name", _MOST_LOOK_UPS)
        self._conversation: Conversation | None = None
        self._line: CameraLine | None = None

    async def run(self, until: Until = "ended") -> Ended:
        """``described``: what it has is known; ``keyframe``: one came; ``ended``: until it is lost.

        TEARDOWN when it leaves. Raises nothing but CancelledError.
        """
        self._watch.begin()
        place, redirects = self._place, 0
        while True:
            ended, location = await self._visit(place, until, redirects)
            onward = place.redirected(location) if location else None
            if onward is None or redirects == MOST_REDIRECTS:
                return ended
            place, redirects = onward, redirects + 1

    def want_keyframe(self) -> None:
        """The next whole key access unit goes to ``watch.keyframe``."""
        self._watch.wants = True
        if self._line is not None:
            self._line.want_keyframe()

    @property
    def figures(self) -> StreamFigures:
        """Of the session that is running, or of the last."""
        return self._conversation.figures if self._conversation else StreamFigures()

    async def _visit(self, place: CameraPlace, until: Until, redirects: int) -> tuple[Ended, str]:
        """How it ended, and where it sent us."""
        conversation = Conversation(place, self._login, until, lambda: token_hex(16))
        self._conversation = conversation
        try:
            transport, line = await dial(
                place,
                lambda: CameraLine(conversation, self._watch, self._patience),
                self._patience.connect_seconds,
                self._resolving,
            )
        except NotReached as error:
            is_outside = redirects and error.reason == "not_allowed"
            return _ended("connect", "redirect_refused" if is_outside else error.reason, error.detail), ""
        try:
            self._line = line
            line.start(transport)
            if self._watch.wants:
                line.want_keyframe()
            over = await line.over
            ended = _told(over, conversation.phase)
        finally:
            self._line = None
            await line.close()
        return ended, over.location if isinstance(over, Failed) else ""


class _Once:
    """Who watches hears of each phase once, also when a redirect begins the conversation anew.

    ``wants``: a keyframe, and none has come.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._reached = -1
        self.wants = False

    def begin(self) -> None:
        self._reached = -1

    def reached(self, phase: Phase, at_s: float) -> None:
        if PHASES.index(phase) > self._reached:
            self._reached = PHASES.index(phase)
            self._watch.reached(phase, at_s)

    def keyframe(self, frame: KeyFrame) -> None:
        self.wants = False
        self._watch.keyframe(frame)


def _told(over: Failed | Done, phase: Phase) -> Ended:
    if isinstance(over, Failed):
        return _ended(phase, over.reason, over.detail)
    return _ended(over.phase, "watching", "")


def _ended(phase: Phase, reason: Reason, detail: str) -> Ended:
    return Ended(phase, reason, now_ms() / 1000, detail)
