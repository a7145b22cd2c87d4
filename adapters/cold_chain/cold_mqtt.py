"""``cold_mqtt``: sensor nodes that publish to an MQTT broker, all nodes of a broker by one session.

The broker has acknowledged the sensor long before we see the message: our promise begins here. A
message is acknowledged to the broker after its readings and its bytes are on disk.
"""

from collections.abc import Hashable, Sequence
from typing import ClassVar, Self

from adapters.cold_chain.cold_mqtt_discovery import Discovery
from adapters.cold_chain.cold_mqtt_session import Came, Session
from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import decode
from adapters.cold_chain.decoders.availability import availability
from adapters.cold_chain.decoders.homeassistant import announcement
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, MalformedFrame, Outlet
from hub.streams import MqttEndpoint, subscribe_mqtt


class ColdMqtt(Adapter[ColdMqttConfig]):
    """One sensor node. ``run_shared`` serves every node of a broker."""

    Config: ClassVar[type[DeviceConfig]] = ColdMqttConfig

    def __init__(self, config: ColdMqttConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.degraded = False  # outlives a session: who calls a node degraded must take it back

    async def run(self) -> None:
        if self.config.announced_topics:
            await Discovery(self).run()
        else:
            await self.run_shared([self])

    def link(self) -> Hashable | None:
        """The broker and who we are there: one session for all its nodes.

        None for a node whose topics a discovery tells: others' sessions must not change with them.
        """
        if self.config.announced_topics:
            return None
        password = self.config.password
        return (self.config.broker, self.config.username, password.source if password else "")

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Serve all nodes of one broker; raises DeviceUnavailable when it goes or refuses a topic."""
        session = Session(members)
        await subscribe_mqtt(members[0].endpoint(session.topics), session.accept)

    def endpoint(self, topics: tuple[str, ...], session: str = "") -> MqttEndpoint:
        """The broker of this node; ``session`` where it is not the one that all nodes share."""
        return MqttEndpoint(
            topics=topics,
            url=self.config.broker,
            username=self.config.username,
            password=self.config.password.reveal() if self.config.password else "",
            session=session,
        )

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """Readings of a frame; one of the status topic has none. Bytes nobody understands are a problem."""
        came = Came.read(frame.origin, received_ms)
        try:
            return Interpretation() if self._tells_no_value(frame, came) else self._readings(frame, came)
        except Undecodable as error:
            malformed = MalformedFrame(frame.raw, error.reason, error.place, origin=frame.origin)
            return Interpretation(problems=(malformed,))

    def _tells_no_value(self, frame: Frame, came: Came) -> bool:
        """Whether it is of the status or of the discovery; raises Undecodable where it is none."""
        if came.topic and came.topic == self.config.availability_topic:
            availability(frame.raw)
            return True
        metric = self.config.announced_topics.get(came.topic)
        if metric:
            announcement(frame.raw, metric)
        return metric is not None

    def _readings(self, frame: Frame, came: Came) -> Interpretation:
        facts = decode(
            frame.raw,
            came.received_ms,
            self.config,
            retained=came.retained,
            topic=came.topic,
            announced=came.announced,
        )
        return Interpretation(facts)
