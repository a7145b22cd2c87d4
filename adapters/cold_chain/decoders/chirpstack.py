"""ChirpStack v4: ``application/<id>/device/<eui>/event/up``.

chirpstack-docs, integrations/events. The bytes are the truth: ``object`` is there only with a codec,
and is not looked at. Proto3 leaves out a zero: no ``fCnt`` is frame 0, no ``fPort`` port 0.
"""

import re
from collections.abc import Iterator

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import lorawan
from adapters.cold_chain.decoders.incoming import Incoming
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.undecodable import Undecodable

_UUID = re.compile(r"[0-9a-fA-F-]{36}")


def samples(message: Incoming, config: ColdMqttConfig) -> Iterator[Sample]:
    """Raises Undecodable."""
    document = message.document
    if not isinstance(document.get("deviceInfo"), dict):
        raise Undecodable("cold.not_an_uplink", "deviceInfo")
    uplink = document.get("deduplicationId")
    return lorawan.samples(
        document.get("data"),
        document.get("fPort", 0),
        document.get("time"),
        document.get("fCnt", 0),
        uplink if isinstance(uplink, str) and _UUID.fullmatch(uplink) else "",
        config,
    )
