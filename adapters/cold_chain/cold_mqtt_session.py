"""What a broker brings to the nodes of one session: whose it is, its commit, and what it says of health."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from adapters.cold_chain.decoders.availability import availability
from adapters.cold_chain.decoders.measurement import PROBE_REASONS
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Frame, Interpretation, MalformedFrame
from hub.payloads import Reading
from hub.streams import MqttMessage, now_ms

if TYPE_CHECKING:
    from adapters.cold_chain.cold_mqtt import ColdMqtt

_ORIGIN = re.compile(r"mqtt ([0-9]{1,15}) (live|retained) ([^\n]*)(?:\n(.*))?", re.DOTALL)


class Came(NamedTuple):
    """How a message came; written into ``Frame.origin``, so that its replay gives the same keys and times.

    ``announced``: what a discovery had said of its topic by then.
    """

    topic: str
    received_ms: int
    retained: bool
    announced: str = ""

    def __str__(self) -> str:
        origin = f"mqtt {self.received_ms} {'retained' if self.retained else 'live'} {self.topic}"
        return f"{origin}\n{self.announced}" if self.announced else origin

    @classmethod
    def read(cls, origin: str, received_ms: int) -> Self:
        """Of a frame's origin; of any other frame: of the device's own topic, now."""
        found = _ORIGIN.fullmatch(origin)
        if not found:
            return cls("", received_ms, False)
        return cls(found[3], int(found[1]), found[2] == "retained", found[4] or "")


class Session:
    """Which node a topic belongs to, and which nodes have spoken since the session began.

    ``announced``: topics that a discovery gave to the only member, and what it said of each; ``status``:
    whether the members' own status is heard here.
    """

    def __init__(
        self,
        members: Sequence[ColdMqtt],
        announced: Mapping[str, str] | None = None,
        *,
        status: bool = True,
    ) -> None:
        self.outlet = members[0].outlet
        self.announced = announced or {}
        self.nodes: defaultdict[str, list[ColdMqtt]] = defaultdict(list)
        self.bridges: defaultdict[str, list[ColdMqtt]] = defaultdict(list)
        self.heard: set[str] = set()
        for member in members:
            for topic in {*member.config.measured_topics, *self.announced}:
                self.nodes[topic].append(member)
            if status and member.config.availability_topic:
                self.nodes[member.config.availability_topic].append(member)
            if status and member.config.bridge_state_topic:
                self.bridges[member.config.bridge_state_topic].append(member)
        self.topics = tuple(sorted({*self.nodes, *self.bridges}))

    def accept(self, message: MqttMessage) -> Awaitable[object]:
        """Queue the commit of a message at once; when it has been awaited the message may be acknowledged."""
        came = Came(message.topic, now_ms(), message.retain, self.announced.get(message.topic, ""))
        frame = Frame(message.payload, origin=str(came))
        if came.topic in self.bridges:
            return self._bridge(self.bridges[came.topic], frame)
        nodes = self.nodes.get(came.topic, [])
        if len(nodes) == 1:
            return self._node(nodes[0], frame, came)
        if nodes and all(node.config.shared for node in nodes):
            return self._each(nodes, frame, came)
        return self._nobodys(frame, "cold.topic_of_several" if nodes else "cold.topic_unknown")

    def _each(self, nodes: Sequence[ColdMqtt], frame: Frame, came: Came) -> Awaitable[object]:
        """One message, several devices: each commits its own part, and all before the acknowledgement."""
        meanings = [node.understand(frame, came.received_ms) for node in nodes]
        refused = [meaning.problems for meaning in meanings if meaning.problems]
        if len(refused) == len(nodes):  # bytes that nobody understands are kept once
            return nodes[0].outlet.quarantine(refused[0][0])
        return asyncio.gather(*(self._node(node, frame, came) for node in nodes))

    def _node(self, node: ColdMqtt, frame: Frame, came: Came) -> Awaitable[object]:
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
        self, committed: Awaitable[object], node: ColdMqtt, meaning: Interpretation, came: Came
    ) -> None:
        """A node whose probe or clock fails is degraded until a message shows nothing of it any more."""
        await committed
        if not _is_fresh(meaning, came, node.config.silence_seconds):
            if node.config.id not in self.heard:
                node.outlet.health("UNKNOWN", "retained_only")  # a broker keeps the last word of the dead
            return
        self.heard.add(node.config.id)
        now = _of_now(meaning, came, node)
        trouble = _trouble(now)
        if trouble:
            node.degraded = True
            node.outlet.health("DEGRADED", trouble)
        elif node.degraded and now:
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
        return nothing()

    def _nobodys(self, frame: Frame, reason: str) -> Awaitable[object]:
        malformed = MalformedFrame(frame.raw, reason, origin=frame.origin)
        return self.outlet.quarantine(malformed, attributed=False)


async def nothing() -> None:
    """What is nobody's fact, the state of a bridge: there is nothing to commit."""


def _is_fresh(meaning: Interpretation, came: Came, silence_seconds: float) -> bool:
    """Sent now, or a kept copy that proves by a time of its own that its device was there just now."""
    oldest_ms = came.received_ms - silence_seconds * 1000
    timed = (fact.time_ms for fact in meaning.facts if fact.timesource == "observation")
    return not came.retained or any(time_ms >= oldest_ms for time_ms in timed)


def _of_now(meaning: Interpretation, came: Came, node: ColdMqtt) -> list[Reading]:
    """What says how the node is: not what a LoRaWAN sensor had in its memory."""
    oldest_ms = came.received_ms - node.config.silence_seconds * 1000 if node.config.payload else 0
    facts = [fact for fact in meaning.facts if fact.time_ms >= oldest_ms]
    return [fact.payload for fact in facts if isinstance(fact.payload, Reading)]


def _trouble(readings: Sequence[Reading]) -> str:
    """The code of what is wrong with the node itself, the gravest first."""
    # Zigbee2MQTT sends battery null until the battery has first reported.
    ours = [reading for reading in readings if not reading.metric.startswith("battery.")]
    reasons = {reading.reason for reading in ours if reading.reason}
    if reasons & PROBE_REASONS:
        return "probe_failed"
    if "unit_unknown" in reasons:
        return "unit_unknown"
    return "clock_wrong" if any(reason.startswith("time_") for reason in reasons) else ""
