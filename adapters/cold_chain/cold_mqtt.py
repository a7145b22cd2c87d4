"""``cold_mqtt``: sensor nodes that publish to an MQTT broker, all nodes of a broker by one session.

The broker has acknowledged the sensor long before we see the message: our promise begins here. A
message is acknowledged to the broker after its readings and its bytes are on disk.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Hashable, Sequence
from typing import ClassVar, Literal, NamedTuple, Self

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import Undecodable, decode
from adapters.cold_chain.decoders.availability import availability
from adapters.cold_chain.decoders.measurement import PROBE_REASONS
from adapters.cold_chain.metrics import BATTERY
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, MalformedFrame, Outlet
from hub.payloads import Reading
from hub.streams import MqttEndpoint, MqttMessage, now_ms, subscribe_mqtt

_ORIGIN = re.compile(r"mqtt ([0-9]{1,15}) (live|retained) (.*)", re.DOTALL)


class _Came(NamedTuple):
    """How a message came; written into ``Frame.origin``, so that its replay gives the same keys and times."""

    topic: str
    received_ms: int
    retained: bool

    def __str__(self) -> str:
        return f"mqtt {self.received_ms} {'retained' if self.retained else 'live'} {self.topic}"

    @classmethod
    def read(cls, origin: str, received_ms: int) -> Self:
        """Of a frame's origin; of any other frame: of the device's own topic, now."""
        found = _ORIGIN.fullmatch(origin)
        if not found:
            return cls("", received_ms, False)
        return cls(found[3], int(found[1]), found[2] == "retained")


class ColdMqtt(Adapter[ColdMqttConfig]):
    """One sensor node. ``run_shared`` serves every node of a broker."""

    Config: ClassVar[type[DeviceConfig]] = ColdMqttConfig

    def __init__(self, config: ColdMqttConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.degraded = False  # outlives a session: who calls a node degraded must take it back

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        """The broker and who we are there: one session for all its nodes."""
        password = self.config.password
        return (self.config.broker, self.config.username, password.source if password else "")

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Serve all nodes of one broker; raises DeviceUnavailable when it goes or refuses a topic."""
        session = _Session(members)
        config = members[0].config
        endpoint = MqttEndpoint(
            topics=session.topics,
            url=config.broker,
            username=config.username,
            password=config.password.reveal() if config.password else "",
        )
        await subscribe_mqtt(endpoint, session.accept)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """Readings of a frame; one of the status topic has none. Bytes nobody understands are a problem."""
        came = _Came.read(frame.origin, received_ms)
        try:
            if came.topic and came.topic == self.config.availability_topic:
                availability(frame.raw)
                return Interpretation()
            facts = decode(frame.raw, came.received_ms, self.config, retained=came.retained)
            return Interpretation(facts)
        except Undecodable as error:
            malformed = MalformedFrame(frame.raw, error.reason, error.place, origin=frame.origin)
            return Interpretation(problems=(malformed,))


class _Session:
    """Which node a topic belongs to, and which nodes have spoken since the session began."""

    def __init__(self, members: Sequence[ColdMqtt]) -> None:
        self.outlet = members[0].outlet
        self.nodes: defaultdict[str, list[ColdMqtt]] = defaultdict(list)
        self.bridges: defaultdict[str, list[ColdMqtt]] = defaultdict(list)
        self.heard: set[str] = set()
        for member in members:
            self.nodes[member.config.topic].append(member)
            if member.config.availability_topic:
                self.nodes[member.config.availability_topic].append(member)
            if member.config.bridge_state_topic:
                self.bridges[member.config.bridge_state_topic].append(member)
        self.topics = tuple(sorted({*self.nodes, *self.bridges}))

    def accept(self, message: MqttMessage) -> Awaitable[object]:
        """Queue the commit of a message at once; when it has been awaited the message may be acknowledged."""
        came = _Came(message.topic, now_ms(), message.retain)
        frame = Frame(message.payload, origin=str(came))
        if came.topic in self.bridges:
            return self._bridge(self.bridges[came.topic], frame)
        nodes = self.nodes.get(came.topic, [])
        if len(nodes) != 1:
            return self._nobodys(frame, "cold.topic_of_several" if nodes else "cold.topic_unknown")
        return self._node(nodes[0], frame, came)

    def _node(self, node: ColdMqtt, frame: Frame, came: _Came) -> Awaitable[object]:
        meaning = node.understand(frame, came.received_ms)
        if meaning.problems:
            return node.outlet.quarantine(meaning.problems[0])
        committed = node.outlet.emit(*meaning.facts, frame=frame)
        if came.topic == node.config.availability_topic:
            return self._then_report(committed, node, availability(frame.raw))
        return self._then_judge(committed, node, meaning, came)

    async def _then_report(
        self, committed: Awaitable[object], node: ColdMqtt, state: Literal["ONLINE", "OFFLINE"]
    ) -> None:
        await committed
        self.heard.add(node.config.id)
        node.outlet.health(state, f"reported_{state.lower()}")

    async def _then_judge(
        self, committed: Awaitable[object], node: ColdMqtt, meaning: Interpretation, came: _Came
    ) -> None:
        """A node whose probe or clock fails is degraded until a message shows nothing of it any more."""
        await committed
        if not _is_fresh(meaning, came, node.config.silence_seconds):
            if node.config.id not in self.heard:
                node.outlet.health("UNKNOWN", "retained_only")  # a broker keeps the last word of the dead
            return
        self.heard.add(node.config.id)
        trouble = _trouble(meaning)
        if trouble:
            node.degraded = True
            node.outlet.health("DEGRADED", trouble)
        elif node.degraded and meaning.facts:
            node.degraded = False
            node.outlet.health("ONLINE", "measures_again")

    def _bridge(self, nodes: Sequence[ColdMqtt], frame: Frame) -> Awaitable[object]:
        """When the bridge is gone so are its nodes; when it is back, each says so by itself."""
        try:
            state = availability(frame.raw)
        except Undecodable as error:
            return self._nobodys(frame, error.reason)
        if state == "OFFLINE":
            for node in nodes:
                node.outlet.health("OFFLINE", "bridge_offline")
        return _nothing()

    def _nobodys(self, frame: Frame, reason: str) -> Awaitable[object]:
        malformed = MalformedFrame(frame.raw, reason, origin=frame.origin)
        return self.outlet.quarantine(malformed, attributed=False)


async def _nothing() -> None:
    """A state of the bridge is nobody's fact: there is nothing to commit."""


def _is_fresh(meaning: Interpretation, came: _Came, silence_seconds: float) -> bool:
    """Sent now, or a kept copy that proves by a time of its own that its device was there just now."""
    oldest_ms = came.received_ms - silence_seconds * 1000
    timed = (fact.time_ms for fact in meaning.facts if fact.timesource == "observation")
    return not came.retained or any(time_ms >= oldest_ms for time_ms in timed)


def _trouble(meaning: Interpretation) -> str:
    """The code of what is wrong with the node itself, the gravest first."""
    readings = [fact.payload for fact in meaning.facts if isinstance(fact.payload, Reading)]
    # Zigbee2MQTT sends battery null until the battery has first reported.
    reasons = {reading.reason for reading in readings if reading.reason and reading.metric != BATTERY}
    if reasons & PROBE_REASONS:
        return "probe_failed"
    if "unit_unknown" in reasons:
        return "unit_unknown"
    return "clock_wrong" if any(reason.startswith("time_") for reason in reasons) else ""
