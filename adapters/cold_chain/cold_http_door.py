"""One route: its requests become commits, and an answer only after the last of them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from adapters.cold_chain import cold_http_answers as answers
from adapters.cold_chain.cce.delivery import parts
from adapters.cold_chain.cce.transfer import read_transfer
from adapters.cold_chain.cce.unpacking import TOO_LARGE, plain
from adapters.cold_chain.cold_http_config import ColdHttpConfig
from adapters.cold_chain.cold_http_watch import Heard, Watch
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Frame, Interpretation, MalformedFrame, Outlet
from hub.errors import NotCommitted
from hub.streams import HttpAnswer, HttpRequest, mark_of, now_ms

ORIGIN = "http "  # and when it came, in Unix ms: a replay places what has no time where it stood
SMALL_BYTES = 16 * 1024  # more, also when unpacked, is read in a thread, and one at a time
PENDING_COMMITS = 4
MOST_WAITING = 16
ANSWER_SECONDS = 15.0  # who carries the request waits for 20 s
BUSY_SECONDS, DISK_SECONDS, UNFINISHED_SECONDS = 5, 30, 2  # Retry-After
OUR_FAULT = "adapter.fault"  # kept like anything else, and never the sender's to mend
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip"})

T = TypeVar("T")


class Appliance(Protocol):
    """What the door needs of an adapter."""

    config: ColdHttpConfig
    outlet: Outlet
    watch: Watch

    def understand(self, frame: Frame, received_ms: int) -> Interpretation: ...


class _Step(NamedTuple):
    """What is committed at once; ``owner`` None: nobody's, then ``meaning`` is its one problem."""

    owner: Appliance | None
    frame: Frame
    meaning: Interpretation
    heard: Heard | None = None


class Door:
    """``members`` share the route; a large body waits for the one before it."""

    def __init__(self, members: Sequence[Appliance]) -> None:
        self.members = members
        self.waiting = 0
        self.turn = asyncio.Lock()

    async def take(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request: 2xx when all of it is on disk, understood or in quarantine."""
        if request.headers.get("content-encoding", "").strip().casefold() not in ENCODINGS:
            return answers.unknown_encoding()
        if self.waiting >= MOST_WAITING:
            return answers.later(429, "cce.busy", BUSY_SECONDS)
        self.waiting += 1
        try:
            return await self._take(request.body)
        except NotCommitted:
            return answers.later(503, "cce.not_committed", DISK_SECONDS)
        except TimeoutError:
            return answers.later(503, "cce.unfinished", UNFINISHED_SECONDS)
        finally:
            self.waiting -= 1

    async def _take(self, body: bytes) -> HttpAnswer:
        if not all(member.outlet.accepts for member in self.members):
            raise NotCommitted("the spool is full")
        came = Frame(body, origin=f"{ORIGIN}{now_ms()}")
        try:
            if is_small(body):
                return await self._keep(came, _at_once)
            async with asyncio.timeout(ANSWER_SECONDS), self.turn:
                return await self._keep(came, asyncio.to_thread)
        except Undecodable as error:
            malformed = MalformedFrame(body, error.reason, error.place, mark_of(body), came.origin)
            only = len(self.members) == 1
            await self.members[0].outlet.quarantine(malformed, attributed=only)
            return answers.refused(error)

    async def _keep(self, came: Frame, run: Callable[..., Awaitable[Any]]) -> HttpAnswer:
        """Commit every step; raises Undecodable when nothing of it is to be understood."""
        steps = await run(self._steps, came)
        readings = quarantined = 0
        heard: list[tuple[Appliance, Heard]] = []
        pending: deque[Awaitable[bytes]] = deque()
        try:
            while step := await run(next, steps, None):
                pending.append(self._commit(step))
                readings += len(step.meaning.facts)
                quarantined += len(step.meaning.problems)
                if step.owner and step.heard:
                    heard.append((step.owner, step.heard))
                if len(pending) > PENDING_COMMITS:
                    await pending.popleft()
        finally:
            ends = await asyncio.gather(*pending, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        for owner, what in heard:
            owner.watch.hear(what, now_ms())
        return answers.accepted(readings, quarantined)

    def _commit(self, step: _Step) -> Awaitable[bytes]:
        meaning = step.meaning
        if step.owner is None:
            return self.members[0].outlet.quarantine(meaning.problems[0], attributed=False)
        return step.owner.outlet.emit(*meaning.facts, frame=step.frame, problems=meaning.problems)

    def _steps(self, came: Frame) -> Iterator[_Step]:
        """Raises Undecodable at once; the steps themselves are made one by one."""
        payload = plain(came.raw)
        if any(member.config.dialect == "mapped" for member in self.members):
            return iter([self._mapped(payload, came)])
        return self._of_transfer(payload, came)

    def _mapped(self, payload: bytes, came: Frame) -> _Step:
        """A mapped device gives no control id: without a time of its own, equal bodies are two readings."""
        frame = Frame(payload, origin=came.origin)
        if len(self.members) > 1:
            problem = MalformedFrame(payload, "http.route_of_several", origin=came.origin)
            return _Step(None, frame, Interpretation(problems=(problem,)))
        owner = self.members[0]
        meaning = owner.understand(frame, now_ms())
        for problem in meaning.problems:
            if problem.reason != OUR_FAULT:
                raise Undecodable(problem.reason, problem.place)
        return _Step(owner, frame, meaning, owner.watch.of(meaning.facts, {}))

    def _of_transfer(self, payload: bytes, came: Frame) -> Iterator[_Step]:
        transfer = read_transfer(payload)
        received_ms = int(came.origin.removeprefix(ORIGIN))

        def steps() -> Iterator[_Step]:
            for part in parts(payload, transfer, [member.config.match for member in self.members]):
                # Named by its bytes: the same of one device are one frame, whatever transfer brings them.
                frame = Frame(part.raw, mark_of(part.raw), came.origin)
                if part.owner is None:
                    problem = MalformedFrame(part.raw, part.reason, part.place, frame.control, came.origin)
                    yield _Step(None, frame, Interpretation(problems=(problem,)))
                    continue
                owner = self.members[part.owner]
                meaning = owner.understand(frame, received_ms)
                yield _Step(owner, frame, meaning, owner.watch.of(meaning.facts, part.header))

        return steps()


def is_small(body: bytes) -> bool:
    """Whether it is read faster than a thread is asked; raises Undecodable for broken gzip."""
    try:
        return len(body) <= SMALL_BYTES and len(plain(body, SMALL_BYTES)) <= SMALL_BYTES
    except Undecodable as error:
        if error.reason != TOO_LARGE:
            raise
        return False


async def _at_once(what: Callable[..., T], *of: Any) -> T:
    """Instead of a thread: for what takes less than the way there."""
    return what(*of)
