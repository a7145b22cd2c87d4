"""A node whose topics Home Assistant's discovery tells: a session hears that, one more each measurement.

The discovery is kept by the broker and given again at each subscription, so nothing of it is stored
here. Each measurement has a session of its own: what is announced for one never makes the broker keep
messages of another in a session that nobody resumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from adapters.cold_chain.cold_mqtt_session import Came, Session, nothing
from adapters.cold_chain.decoders.homeassistant import announcement, written
from adapters.cold_chain.decoders.incoming import Place
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Frame, MalformedFrame
from hub.errors import DeviceUnavailable, first_of
from hub.streams import MqttEndpoint, MqttMessage, now_ms, subscribe_mqtt

# Each topic is a session that the broker keeps; a bridge that is renamed moves its devices a few times.
MOST_MOVES = 20
# A broker may lose what it keeps to one who subscribes just while it is sent: what was not announced is asked
# for again, less and less often.
ASK_AGAIN_SECONDS = 3.0
ASK_AGAIN_LONGEST_SECONDS = 300.0

if TYPE_CHECKING:
    from adapters.cold_chain.cold_mqtt import ColdMqtt


class Discovery:
    """Hears the configuration topics of a node and has each measurement followed to where it is now."""

    def __init__(self, node: ColdMqtt) -> None:
        self.node = node
        self.entities = {
            topic: _Entity(node, metric, first=number == 0)
            for number, (topic, metric) in enumerate(node.config.announced_topics.items())
        }

    async def run(self) -> None:
        """Until cancelled; raises DeviceUnavailable when the broker goes or refuses a topic."""
        self.node.outlet.health("UNKNOWN", "waits_for_discovery")
        endpoint = self.node.endpoint(tuple(sorted(self.entities)), f"discovery-{self.node.config.id}")
        try:
            async with asyncio.TaskGroup() as tasks:
                for entity in self.entities.values():
                    tasks.create_task(entity.follow(), name=f"mqtt-{entity.metric}")
                tasks.create_task(self._discover(endpoint), name="mqtt-discovery")
        except* DeviceUnavailable as errors:
            raise DeviceUnavailable(str(first_of(errors))) from None

    async def _discover(self, endpoint: MqttEndpoint) -> None:
        seconds = ASK_AGAIN_SECONDS
        while True:
            hearing = asyncio.ensure_future(subscribe_mqtt(endpoint, self.hear))
            try:
                await asyncio.wait({hearing}, timeout=seconds)
                if hearing.done() or all(entity.topic for entity in self.entities.values()):
                    await hearing
            finally:
                hearing.cancel()
                await asyncio.wait({hearing})
            seconds = min(2 * seconds, ASK_AGAIN_LONGEST_SECONDS)

    def hear(self, message: MqttMessage) -> Awaitable[object]:
        """What the discovery says now; an empty message takes it back. Understood, it is nobody's fact."""
        frame = Frame(message.payload, origin=str(Came(message.topic, now_ms(), message.retain)))
        entity = self.entities.get(message.topic)
        try:
            if entity is None:
                raise Undecodable("cold.topic_unknown")
            entity.announce(announcement(message.payload, entity.metric))
        except Undecodable as error:
            malformed = MalformedFrame(frame.raw, error.reason, error.place, origin=frame.origin)
            return self.node.outlet.quarantine(malformed)
        return nothing()


class _Entity:
    """One measurement: ``topic`` and ``place`` as last announced, the session that hears it.

    The first of a node hears whether the node is there as well.
    """

    def __init__(self, node: ColdMqtt, metric: str, *, first: bool) -> None:
        self.node = node
        self.metric = metric
        self.first = first
        self.topic = ""
        self.place = ""
        self.moves = 0
        self.moved = asyncio.Event()
        self.session: Session | None = None

    def announce(self, found: tuple[str, Place] | None) -> None:
        """None takes it back. The same topic with another place needs no other session.

        Raises Undecodable when it has moved too often for anything but a fault.
        """
        topic, place = (found[0], written([found[1]])) if found else ("", "")
        if topic != self.topic:
            if self.moves >= MOST_MOVES:
                raise Undecodable("cold.announced_often", f"over {MOST_MOVES} times")
            self.moves += 1
            self.moved.set()
        elif self.session is not None:
            self.session.announced = {topic: place}
        self.topic, self.place = topic, place

    async def follow(self) -> None:
        """Hear the topic, then the next one whenever it moves; raises DeviceUnavailable."""
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    hearing = tasks.create_task(self._hear(), name=f"mqtt-{self.metric}-values")
                    await self.moved.wait()
                    self.moved.clear()
                    hearing.cancel()
            except* DeviceUnavailable as errors:
                raise DeviceUnavailable(str(first_of(errors))) from None

    async def _hear(self) -> None:
        if not self.topic:
            self.session = None
            if self.first:
                self.node.outlet.health("UNKNOWN", "waits_for_discovery")
            return
        self.session = Session([self.node], {self.topic: self.place}, status=self.first)
        # A client id of the embedded broker has no point.
        name = f"{self.node.config.id}-{self.metric.replace('.', '-')}"
        await subscribe_mqtt(self.node.endpoint(self.session.topics, name), self.session.accept)
