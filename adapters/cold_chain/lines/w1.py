"""``w1_slave`` of the Linux kernel (w1_therm): nine bytes of a scratchpad, its CRC, and milli-degrees.

What a shorted or pulled bus looks like passes the CRC in one case: nine zero bytes are 0 °C with CRC 00.
"""

import re

from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.undecodable import Undecodable

_BYTES = r"((?:[0-9a-f]{2} ){9})"
_SCRATCHPAD = re.compile(_BYTES + r": crc=[0-9a-f]{2} (YES|NO)")
_DEGREES = re.compile(_BYTES + r"t=(-?[0-9]{1,7})")
_MILLI = re.compile(r"-?[0-9]{1,7}")
_BUS = {"00": "probe_lost", "ff": "probe_lost"}  # all nine bytes: shorted, nobody answers


def sample(raw: bytes, metric: str) -> Sample:
    """Of the two lines, or of a ``temperature`` file: milli-degrees alone. Raises Undecodable."""
    lines = raw.decode("ascii", "replace").split("\n")
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        raise Undecodable("cold.empty")
    if len(lines) == 1 and _MILLI.fullmatch(lines[0]):
        return Sample(metric, "", int(lines[0]) / 1000, "Cel")
    pad, degrees = (
        (_SCRATCHPAD.fullmatch(lines[0]), _DEGREES.fullmatch(lines[-1])) if len(lines) == 2 else (None, None)
    )
    if pad is None or degrees is None or pad[1] != degrees[1]:
        raise Undecodable("cold.w1_broken", f"{len(lines)} lines")
    values = set(pad[1].split())
    fault = "crc_failed" if pad[2] == "NO" else None
    if len(values) == 1:
        fault = _BUS.get(values.pop(), fault)
    return Sample(metric, "", int(degrees[2]) / 1000, "Cel", fault=fault)
