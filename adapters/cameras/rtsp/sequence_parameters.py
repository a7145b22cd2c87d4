"""Parameter sets of H.264 (ITU-T H.264, 7.3.2) and H.265 (ITU-T H.265, 7.3.2): which one it is, and how large
its pictures are. No more of them is read, and nothing larger than a real one is kept.
"""

from typing import Final, NamedTuple

from adapters.cameras.rtsp.facts import Codec

LONGEST_SET_BYTES = 1024  # the longest seen have under 200
# Real ones cut off less than a block of 64. A decoder holds what is cut off too: behind a border without
# bounds a small picture could need any memory.
WIDEST_BORDER = 128
# Profiles whose sets tell the chroma format (H.264, 7.3.2.1.1).
_HIGH_PROFILES = frozenset((44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244))
_TYPES: Final[dict[Codec, frozenset[int]]] = {"h264": frozenset((7, 8)), "h265": frozenset((32, 33, 34))}
_SEQUENCE: Final[dict[Codec, int]] = {"h264": 7, "h265": 33}
_START_CODE = b"\x00\x00\x01"


class ParameterSet(NamedTuple):
    """``key``: type and id: a later set of the same key takes its place. Width and height of a sequence's."""

    key: tuple[int, int]
    width: int = 0
    height: int = 0


def parameter_set(codec: Codec, nal: bytes) -> ParameterSet | None:
    """What a NAL unit sets; None: it is no parameter set, or none that can be read."""
    kind = nal_type(codec, nal)
    if kind not in _TYPES[codec] or not 2 < len(nal) <= LONGEST_SET_BYTES:
        return None
    bits = _Bits(nal[1 if codec == "h264" else 2 :])
    try:
        if kind == 32:
            return ParameterSet((kind, bits.fixed(4)))
        if kind != _SEQUENCE[codec]:
            return ParameterSet((kind, bits.golomb()))
        return _h264_sequence(bits) if codec == "h264" else _h265_sequence(bits)
    except ValueError:
        return None


def picture_size(codec: Codec, data: bytes) -> tuple[int, int] | None:
    """Width and height of the pictures of an Annex B unit, by the largest set anywhere in it.

    None: it has none, or one that cannot be read, which a decoder might.
    """
    nals = (piece.rstrip(b"\x00") for piece in data.split(_START_CODE))  # zeros before the next start code
    found = [parameter_set(codec, nal) for nal in nals if nal_type(codec, nal) == _SEQUENCE[codec]]
    sizes = [(each.width, each.height) for each in found if each is not None]
    is_known = len(sizes) == len(found)
    return max(sizes, key=lambda size: size[0] * size[1], default=None) if is_known else None


def nal_type(codec: Codec, nal: bytes) -> int:
    """-1 of an empty one."""
    if not nal:
        return -1
    return nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F


class _Bits:
    """Bits of a NAL unit, first to last; raises ValueError past the end."""

    def __init__(self, raw: bytes) -> None:
        plain = raw.replace(b"\x00\x00\x03", b"\x00\x00")  # emulation prevention, 7.4.1
        self._value = int.from_bytes(plain, "big")
        self._left = len(plain) * 8

    def fixed(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """Exp-Golomb, unsigned (9.1)."""
        zeros = 0
        while not self.fixed(1):
            zeros += 1
            if zeros > 31:
                raise ValueError
        return (1 << zeros) - 1 + self.fixed(zeros)

    def signed(self) -> int:
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _h264_sequence(bits: _Bits) -> ParameterSet:
    profile = bits.fixed(8)
    bits.fixed(16)
    key = (7, bits.golomb())
    chroma = _h264_chroma(bits) if profile in _HIGH_PROFILES else 1
    bits.golomb()  # log2_max_frame_num
    _h264_order(bits)
    bits.golomb()
    bits.fixed(1)
    width = (bits.golomb() + 1) * 16
    map_units = bits.golomb() + 1
    is_progressive = bits.fixed(1)
    fields = 2 - is_progressive
    bits.fixed(1 if is_progressive else 2)
    height = map_units * 16 * fields
    return _cropped(key, width, height, bits, chroma, fields)


def _h264_chroma(bits: _Bits) -> int:
    chroma = bits.golomb()
    if chroma == 3:
        bits.fixed(1)
    bits.golomb()
    bits.golomb()
    bits.fixed(1)
    if bits.fixed(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.fixed(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _h264_order(bits: _Bits) -> None:
    """The picture order count."""
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.fixed(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed()


def _h265_sequence(bits: _Bits) -> ParameterSet:
    bits.fixed(4)
    layers = bits.fixed(3)
    bits.fixed(1)
    _skip_profile(bits, layers)
    key = (33, bits.golomb())
    chroma = bits.golomb()
    if chroma == 3:
        bits.fixed(1)
    width, height = bits.golomb(), bits.golomb()
    return _cropped(key, width, height, bits, chroma, 1)


def _skip_profile(bits: _Bits, layers: int) -> None:
    """profile_tier_level (7.3.3)."""
    bits.fixed(96)
    told = [(bits.fixed(1), bits.fixed(1)) for _ in range(layers)]
    if layers:
        bits.fixed(2 * (8 - layers))
    for has_profile, has_level in told:
        bits.fixed(88 * has_profile + 8 * has_level)


def _cropped(
    key: tuple[int, int], width: int, height: int, bits: _Bits, chroma: int, fields: int
) -> ParameterSet:
    """The size without the border that is cut off, which is counted in chroma samples."""
    across = down = 0
    if bits.fixed(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
        across = (left + right) * (2 if chroma in (1, 2) else 1)
        down = (top + bottom) * (2 if chroma == 1 else 1) * fields
    if max(across, down) > WIDEST_BORDER or across >= width or down >= height:
        raise ValueError
    width, height = width - across, height - down
    return ParameterSet(key, width, height)
