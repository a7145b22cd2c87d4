"""``cold_http``: monitors that push by HTTP, WHO cce-interop (EMS, RTM) or any JSON by a mapping.

A sender gives up on most 4xx and tries again after 429 and 5xx (E006/DS01): 2xx is said after the
last commit, 4xx only for what is the sender's fault, and even then its bytes are kept.
"""

import re
from collections.abc import Hashable, Sequence
from typing import ClassVar, Self

from adapters.cold_chain.cce.records import understand
from adapters.cold_chain.cce.transfer import read_report, read_transfer
from adapters.cold_chain.cce.unpacking import plain
from adapters.cold_chain.cold_http_config import ColdHttpConfig
from adapters.cold_chain.cold_http_door import ORIGIN, Door
from adapters.cold_chain.cold_http_watch import Watch
from adapters.cold_chain.decoders import mapped
from adapters.cold_chain.decoders.document import parse
from adapters.cold_chain.decoders.judgement import facts_of
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Adapter, DeviceConfig, Fact, Frame, Interpretation, MalformedFrame, Outlet
from hub.streams import serve_route
from hub.streams.surroundings import surroundings

_ORIGIN = re.compile(ORIGIN + r"([0-9]{1,15})\Z")


class ColdHttp(Adapter[ColdHttpConfig]):
    """One appliance. ``run_shared`` serves all that share a route."""

    Config: ClassVar[type[DeviceConfig]] = ColdHttpConfig

    def __init__(self, config: ColdHttpConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.watch = Watch(config.place, outlet.health)

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        return self.config.path

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Serve the route of ``members``; raises DeviceUnavailable when somebody else has it."""
        await serve_route(surroundings().routes, members[0].config.path, Door(members).take)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """Readings of a frame: of a body as it was posted, or of a piece of it."""
        came = _ORIGIN.match(frame.origin)
        received_ms = int(came[1]) if came else received_ms
        try:
            if self.config.dialect == "mapped":
                samples = mapped.samples(parse(plain(frame.raw)), self.config)
                return Interpretation(facts_of(samples, received_ms, self.config))
            return self._of_transfer(frame, received_ms)
        except Undecodable as error:
            return Interpretation(problems=(_malformed(frame, error),))

    def _of_transfer(self, frame: Frame, received_ms: int) -> Interpretation:
        """All its reports: whoever calls knows that they are this device's."""
        transfer = read_transfer(frame.raw)
        facts: dict[Fact, None] = {}
        problems: list[MalformedFrame] = []
        for index in range(len(transfer.reports)):
            try:
                report = read_report(transfer, index)
            except Undecodable as error:
                problems.append(_malformed(frame, error))
                continue
            found = understand(transfer, report, received_ms, self.config, self.config.alarm_codes)
            facts |= dict.fromkeys(found.facts)
            problems += [_malformed(frame, Undecodable(*problem)) for problem in found.problems]
        return Interpretation(tuple(facts), tuple(problems))


def _malformed(frame: Frame, error: Undecodable) -> MalformedFrame:
    return MalformedFrame(frame.raw, error.reason, error.place, frame.control, frame.origin)
