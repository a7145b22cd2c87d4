"""A line of text to samples, by the dialect of its device."""

from collections.abc import Iterator

from adapters.cold_chain.cold_serial_config import ColdSerialConfig
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.exports.texts import number_of
from adapters.cold_chain.lines import w1
from adapters.cold_chain.lines.template import UNIT
from adapters.cold_chain.metrics import is_temperature, unit_of
from adapters.cold_chain.undecodable import Undecodable


def is_ignored(raw: bytes, config: ColdSerialConfig) -> bool:
    return any(raw.startswith(mark.encode()) for mark in config.ignore)


def samples(raw: bytes, config: ColdSerialConfig) -> Iterator[Sample]:
    """Raises Undecodable."""
    if config.dialect == "w1":
        yield w1.sample(raw, config.metric)
        return
    line = raw.decode("ascii", "replace")
    if "\ufffd" in line or not line.replace("\t", " ").isprintable():
        raise Undecodable("cold.not_plain", f"{len(raw)} bytes")
    found = _columns(line, config) if config.pattern is None else config.pattern.match(line)
    if found is None:
        raise Undecodable("cold.line_unknown")
    for metric, said in found.items():
        if metric not in ("", UNIT):
            unit = (config.unit or found.get(UNIT, "Cel")) if is_temperature(metric) else unit_of(metric)
            yield Sample(metric, "", number_of(said), unit)


def _columns(line: str, config: ColdSerialConfig) -> dict[str, str] | None:
    """None for a line of fewer columns: which one is missing, nobody knows."""
    cells = line.split(config.separator) if config.separator else line.split()
    if len(cells) < max(config.columns.values()):
        return None
    return {metric: cells[place - 1] for metric, place in config.columns.items()}
