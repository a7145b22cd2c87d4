"""A logger's file to facts, whatever wrote it."""

from collections.abc import Iterator

from adapters.cold_chain.cold_file_config import ColdFileConfig
from adapters.cold_chain.decoders.judgement import facts_of
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.exports import berlinger, slabs, tables
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Fact, Frame, Interpretation, MalformedFrame


def pieces(raw: bytes, config: ColdFileConfig) -> Iterator[bytes]:
    """What is committed at once; raises Undecodable."""
    cut = tables.cut(raw, config.table) if config.table else berlinger.cut(raw)
    return slabs.pieces(raw, cut)


def understand(
    frame: Frame, received_ms: int, config: ColdFileConfig, most_rows: int | None = None
) -> Interpretation:
    """All its readings; those whose time cannot be believed are one problem. Raises Undecodable."""
    facts: dict[Fact, None] = {}
    lost = 0
    for sample in _samples(frame.raw, config, most_rows):
        try:
            facts |= dict.fromkeys(facts_of([_in_unit(sample, config)], received_ms, config))
        except Undecodable:
            lost += 1
    problems = []
    if lost:
        problems.append(_problem(frame, "cold.record_time", f"readings: {lost}"))
    if tables.is_cut_short(frame.raw, config.table) if config.table else berlinger.is_cut_short(frame.raw):
        problems.append(_problem(frame, "cold.export_cut", ""))
    return Interpretation(tuple(facts), tuple(problems))


def _samples(raw: bytes, config: ColdFileConfig, most_rows: int | None) -> Iterator[Sample]:
    if config.table:
        return tables.samples(raw, config.table, most_rows)
    return berlinger.samples(berlinger.read(raw), config.metric, most_rows)


def _in_unit(sample: Sample, config: ColdFileConfig) -> Sample:
    """The operator knows better than a file that names no unit."""
    is_temperature = sample.metric.startswith("temp.")
    return sample._replace(unit=config.unit) if config.unit and is_temperature else sample


def _problem(frame: Frame, reason: str, place: str) -> MalformedFrame:
    return MalformedFrame(frame.raw, reason, place, frame.control, frame.origin)
