"""``cold_mqtt``: sensor nodes that publish to an MQTT broker, all nodes of a broker by one session.

The broker has acknowledged the sensor long before we see the message: our promise begins here. A
message is acknowledged to the broker after its readings and its bytes are on disk.
"""

from collections import defaultdict
from collections.abc import Awaitable, Hashable, Sequence
from typing import ClassVar, Literal, Self

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import Undecodable, decode
from adapters.cold_chain.decoders.availability import availability
from adapters.cold_chain.decoders.measurement import PROBE_REASONS
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, MalformedFrame
from hub.payloads import Reading
from hub.streams import MqttEndpoint, MqttMessage, now_ms, subscribe_mqtt

_LIVE, _RETAINED = "mqtt:", "mqtt-retained:"  # how a frame came, before its topic in ``origin``


class ColdMqtt(Adapter[ColdMqttConfig]):
    """One sensor node. ``run_shared`` serves every node of a broker."""

    Config: ClassVar[type[DeviceConfig]] = ColdMqttConfig

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        """The broker and who we are there: one session for all its nodes."""
        return (self.config.broker, self.config.username, self.config.password)

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Serve all nodes of one broker; raises DeviceUnavailable when it goes or refuses a topic."""
        session = _Session(members)
        config = members[0].config
        endpoint = MqttEndpoint(
            topics=session.topics,
            url=config.broker,
            username=config.username,
            password=config.password.get_secret_value() if config.password else "",
        )
        await subscribe_mqtt(endpoint, session.accept)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """Readings of a frame; one of the status topic has none. Bytes nobody understands are a problem."""
        topic, retained = _came_by(frame)
        try:
            if topic and topic == self.config.availability_topic:
                availability(frame.raw)
                return Interpretation()
            return Interpretation(decode(frame.raw, received_ms, self.config, retained=retained))
        except Undecodable as error:
            malformed = MalformedFrame(frame.raw, error.reason, error.place, origin=frame.origin)
            return Interpretation(problems=(malformed,))


class _Session:
    """Which node a topic belongs to, and which nodes we have called degraded."""

    def __init__(self, members: Sequence[ColdMqtt]) -> None:
        self.outlet = members[0].outlet
        self.nodes: defaultdict[str, list[ColdMqtt]] = defaultdict(list)
        self.bridges: defaultdict[str, list[ColdMqtt]] = defaultdict(list)
        self.degraded: set[str] = set()
        for member in members:
            self.nodes[member.config.topic].append(member)
            if member.config.availability_topic:
                self.nodes[member.config.availability_topic].append(member)
            if member.config.bridge_state_topic:
                self.bridges[member.config.bridge_state_topic].append(member)
        self.topics = tuple(sorted({*self.nodes, *self.bridges}))

    def accept(self, message: MqttMessage) -> Awaitable[object]:
        """Queue the commit of a message at once; awaiting gives what the hub then may acknowledge."""
        origin = (_RETAINED if message.retain else _LIVE) + message.topic
        frame = Frame(message.payload, origin=origin)
        if message.topic in self.bridges:
            return self._bridge(self.bridges[message.topic], frame)
        nodes = self.nodes.get(message.topic, [])
        if len(nodes) != 1:
            reason = "cold.topic_of_several" if nodes else "cold.topic_unknown"
            return self._quarantine(frame, reason)
        return self._node(nodes[0], frame, live=not message.retain)

    def _node(self, node: ColdMqtt, frame: Frame, *, live: bool) -> Awaitable[object]:
        meaning = node.interpret(frame, now_ms())
        if not meaning.facts and meaning.problems:
            return node.outlet.quarantine(meaning.problems[0])
        committed = node.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)
        if _came_by(frame)[0] == node.config.availability_topic:
            return _then_report(committed, node, availability(frame.raw))
        return self._then_judge(committed, node, meaning, live=live)

    async def _then_judge(
        self, committed: Awaitable[object], node: ColdMqtt, meaning: Interpretation, *, live: bool
    ) -> None:
        """A node whose probe or clock fails is degraded until a message shows nothing of it any more."""
        await committed
        trouble = _trouble(meaning)
        if trouble:
            self.degraded.add(node.config.id)
            node.outlet.health("DEGRADED", trouble)
        elif live and meaning.facts and node.config.id in self.degraded:
            self.degraded.remove(node.config.id)
            node.outlet.health("ONLINE")

    def _bridge(self, nodes: Sequence[ColdMqtt], frame: Frame) -> Awaitable[object]:
        """When the bridge is gone so are its nodes; when it is back, each says so by itself."""
        try:
            state = availability(frame.raw)
        except Undecodable as error:
            return self._quarantine(frame, error.reason)
        if state == "OFFLINE":
            for node in nodes:
                node.outlet.health("OFFLINE", "bridge_offline")
        return _nothing()

    def _quarantine(self, frame: Frame, reason: str) -> Awaitable[object]:
        malformed = MalformedFrame(frame.raw, reason, origin=frame.origin)
        return self.outlet.quarantine(malformed, attributed=False)


async def _then_report(
    committed: Awaitable[object], node: ColdMqtt, state: Literal["ONLINE", "OFFLINE"]
) -> None:
    await committed
    node.outlet.health(state, "" if state == "ONLINE" else "reported_offline")


async def _nothing() -> None:
    """A state of the bridge is nobody's fact: there is nothing to commit."""


def _came_by(frame: Frame) -> tuple[str, bool]:
    """(topic, retained) of a frame's origin."""
    retained = frame.origin.startswith(_RETAINED)
    return frame.origin.removeprefix(_RETAINED if retained else _LIVE), retained


def _trouble(meaning: Interpretation) -> str:
    """The code of what is wrong with the node itself, the gravest first."""
    readings = [fact.payload for fact in meaning.facts if isinstance(fact.payload, Reading)]
    reasons = {reading.reason for reading in readings if reading.reason}
    if reasons & PROBE_REASONS:
        return "probe_failed"
    if "unit_unknown" in reasons:
        return "unit_unknown"
    return "clock_wrong" if any(reason.startswith("time_") for reason in reasons) else ""
