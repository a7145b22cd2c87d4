"""Encoded footage: units of the codec, one a picture, and their file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from simulators.cameras.clip_plans import ClipPlan, Codec

H264_SPS, H264_PPS = 7, 8
H265_VPS, H265_SPS, H265_PPS = 32, 33, 34
_H265_IRAP = range(16, 24)


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture: its NAL units without start codes and without parameter sets."""

    nals: tuple[bytes, ...]
    key: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """``parameter_sets``: SPS and PPS, H.265 with VPS first; the same for the whole clip."""

    plan: ClipPlan
    parameter_sets: tuple[bytes, ...]
    units: tuple[Unit, ...]

    @property
    def codec(self) -> Codec:
        return self.plan.codec

    @property
    def ticks(self) -> int:
        """From one picture to the next, by the clock of RTP (90 kHz)."""
        return round(90_000 / self.plan.frames_a_second)

    def key_before(self, place: int) -> int:
        """Where the group of the picture at ``place`` begins."""
        while not self.units[place].key:
            place -= 1
        return place


def kind_of(nal: bytes, codec: Codec) -> int:
    """``nal_unit_type``: H.264 7.3.1, H.265 7.3.1.2."""
    return nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F


def is_key(nal: bytes, codec: Codec) -> bool:
    """An IDR slice, or any IRAP of H.265."""
    kind = kind_of(nal, codec)
    return kind == 5 if codec == "h264" else kind in _H265_IRAP


def is_parameter_set(nal: bytes, codec: Codec) -> bool:
    """SPS, PPS or VPS."""
    sets = (H264_SPS, H264_PPS) if codec == "h264" else (H265_VPS, H265_SPS, H265_PPS)
    return kind_of(nal, codec) in sets


def is_slice(nal: bytes, codec: Codec) -> bool:
    """Part of a picture; what is not (SEI, delimiters) a camera may leave out."""
    return kind_of(nal, codec) in range(1, 6) if codec == "h264" else kind_of(nal, codec) < 32


def split(stream: bytes) -> list[bytes]:
    """NAL units of an Annex B stream."""
    parts = stream.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part for part in parts[1:] if part]


def write_clip(clip: Clip, path: Path) -> None:
    """Whole or not at all: another process may read it at any time."""
    told = {
        "plan": asdict(clip.plan),
        "sets": [len(nal) for nal in clip.parameter_sets],
        "units": [[unit.key, [len(nal) for nal in unit.nals]] for unit in clip.units],
    }
    parts = [json.dumps(told).encode(), b"\n", *clip.parameter_sets]
    parts += [nal for unit in clip.units for nal in unit.nals]
    written = path.with_name(path.name + ".part")
    written.write_bytes(b"".join(parts))
    written.replace(path)


def read_clip(path: Path) -> Clip:
    """Raises OSError, and ValueError where it is no clip."""
    head, _, data = path.read_bytes().partition(b"\n")
    told = json.loads(head)
    rest = memoryview(data)

    def taken(length: int) -> bytes:
        nonlocal rest
        part, rest = bytes(rest[:length]), rest[length:]
        return part

    sets = tuple(taken(length) for length in told["sets"])
    units = tuple(Unit(tuple(taken(length) for length in lengths), key) for key, lengths in told["units"])
    return Clip(ClipPlan(**told["plan"]), sets, units)
