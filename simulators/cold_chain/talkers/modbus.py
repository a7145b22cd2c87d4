"""An XY-MD02 behind a gateway: two input registers that somebody asks for (Modbus protocol 1.1b3).

Register 1 is the temperature in tenths, 2 the humidity, both signed; 0x7FFF is a probe that does not
answer. It keeps nothing: what is not asked for in its time is gone, so nobody knows what a hub has read.
"""

import struct
from collections.abc import Sequence

from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Message, Sample

FAILED = 0x7FFF
HUMIDITY = 480  # tenths of a percent


def message(plan: UnitPlan, samples: Sequence[Sample], sending: Sending) -> Message:
    """What its registers hold from now on; nothing where it was measured while the line was down."""
    celsius = samples[-1].celsius
    tenths = FAILED if celsius is None else round(celsius * 10)
    return Message(b"" if sending.kept else struct.pack(">hh", tenths, HUMIDITY), ())


def device(plan: UnitPlan, host: str, port: int) -> list[str]:
    """The hub's settings for it."""
    return [
        'kind = "cold_modbus"',
        f'host = "{host}"',
        f"port = {port}",
        'framing = "tcp"',
        f"slave = {plan.slave}",
        'map = "xy-md02"',
        "poll_seconds = 5",
    ]
