"""The Things Stack v3: ``v3/<application>@<tenant>/devices/<id>/up``.

lorawan-stack-docs, integrations/data-formats: fields that are empty, 0 or false are left out. The
time is the server's: a gateway's clock is nobody's duty.
"""

from collections.abc import Iterator

from adapters.cold_chain.config import ColdMqttConfig
from adapters.cold_chain.decoders import lorawan
from adapters.cold_chain.decoders.incoming import Incoming
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.undecodable import Undecodable


def samples(message: Incoming, config: ColdMqttConfig) -> Iterator[Sample]:
    """Raises Undecodable; an uplink that a person simulated in the console was measured by nobody."""
    document = message.document
    uplink = document.get("uplink_message")
    if not isinstance(uplink, dict):
        raise Undecodable("cold.not_an_uplink", "uplink_message")
    if document.get("simulated"):
        raise Undecodable("cold.simulated")
    return lorawan.samples(
        uplink.get("frm_payload"),
        uplink.get("f_port", 0),
        uplink.get("received_at") or document.get("received_at"),
        uplink.get("f_cnt", 0),
        "",
        config,
    )
